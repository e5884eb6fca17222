from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from kit import migrations
from kit.db import Database
from tests.kit.updates.replicas import settings_for
from tests.support.databases import Databases


@pytest.fixture(scope="session")
async def url(databases: Databases) -> str:
    """A database of its own, since what is told to listeners has to be committed."""
    url = await databases.create(f"updates_{uuid4().hex[:12]}")
    await migrations.upgrade("ras", url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The tests' own way in, beside the replicas'."""
    opened = Database.open(settings_for(url))
    yield opened
    await opened.close()


@pytest.fixture
def teacher() -> str:
    """Every test has a teacher of its own."""
    return f"teacher-{uuid4().hex}"
