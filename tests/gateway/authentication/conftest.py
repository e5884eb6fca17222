from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack

import httpx
import pytest

from gateway.app import create_app
from tests.gateway.authentication.sources import NAMES, settings_of
from tests.support.apps import client


@pytest.fixture(scope="module")
async def gateways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, httpx.AsyncClient]]:
    """One for each way to know the issuer's key."""
    folder = tmp_path_factory.mktemp("keys")
    async with AsyncExitStack() as stack:
        made = {}
        for name in NAMES:
            settings = await stack.enter_async_context(settings_of(name, folder))
            made[name] = await stack.enter_async_context(client(create_app(settings)))
        yield made
