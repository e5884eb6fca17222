from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kit import migrations
from tests.gateway.live.system import Gateway, System, Teacher, running
from tests.support.databases import Databases


@pytest.fixture(scope="session")
async def urls(databases: Databases) -> list[str]:
    """Databases of their own for CMS and RAS, since what is told to listeners has to be committed."""
    made = []
    for name in ("cms", "ras"):
        made.append(await databases.create(f"live_{name}_{uuid4().hex[:12]}"))
        await migrations.upgrade(name, made[-1])
    return made


@pytest.fixture(scope="module")
async def system(urls: list[str]) -> AsyncIterator[System]:
    async with running(*urls) as made:
        yield made


@pytest.fixture(scope="module")
async def gateway(system: System) -> AsyncIterator[Gateway]:
    async with system.gateway() as made:
        yield made


@pytest.fixture
def teacher(system: System) -> Teacher:
    return system.teacher()


@pytest.fixture
async def own(urls: list[str]) -> AsyncIterator[System]:
    """A system that a test may stop."""
    async with running(*urls) as made:
        yield made


@pytest.fixture
def teller(own: System) -> Teacher:
    return own.teacher()
