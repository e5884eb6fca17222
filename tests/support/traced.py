"""The three services over real HTTP, telling one collector of their traces."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from cms_service.app import create_app as create_cms
from cms_service.settings import CmsSettings
from gateway.app import create_app as create_gateway
from ras_service.app import create_app as create_ras
from ras_service.settings import RasSettings
from tests.support.apps import GATEWAY, KEY, UNUSED_URL, bearer
from tests.support.collector import Collector
from tests.support.databases import RolledBack
from tests.support.ports import free_port
from tests.support.servers import served


@dataclass
class System:
    """The three services; when they have stopped, all is collected."""

    cms: RolledBack
    ras: RolledBack
    collector: Collector

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        tracing = {"otlp_endpoint": self.collector.url, **settings}
        common = {"internal_api_key": SecretStr(KEY), "database_url": UNUSED_URL, **tracing}
        cms = CmsSettings(port=free_port(), **common)
        ras = RasSettings(port=free_port(), **common)
        async with AsyncExitStack() as stack:
            urls = {
                "cms_base_url": await stack.enter_async_context(served(create_cms(cms, self.cms), cms)),
                "ras_base_url": await stack.enter_async_context(served(create_ras(ras, self.ras), ras)),
            }
            gateway = GATEWAY.model_copy(update={"port": free_port(), **urls, **tracing})
            url = await stack.enter_async_context(served(create_gateway(gateway), gateway))
            yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=bearer()))
