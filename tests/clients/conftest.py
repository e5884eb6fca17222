from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clients.gateways import GatewayProcess, gateway_of
from tests.clients.installed import compiled
from tests.conftest import migrated
from tests.gateway.live.system import System, Teacher, running
from tests.support.databases import Databases


@pytest.fixture(scope="session")
def client() -> Path:
    return compiled()


@pytest.fixture(scope="module")
async def system(client: Path, databases: Databases) -> AsyncIterator[System]:
    """Databases of its own, since what is told to listeners has to be committed."""
    async with running(await migrated(databases, "cms"), await migrated(databases, "ras")) as made:
        yield made


@pytest.fixture
def teacher(system: System) -> Teacher:
    return system.teacher()


@pytest.fixture(scope="module")
async def gateway(system: System) -> AsyncIterator[GatewayProcess]:
    async with gateway_of(system) as made:
        yield made
