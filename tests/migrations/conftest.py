from uuid import uuid4

import pytest

from kit import migrations
from tests.migrations.histories import HISTORIES, History, NewDatabase
from tests.support.databases import Databases


@pytest.fixture(params=HISTORIES, ids=lambda history: history.name, scope="session")
def history(request: pytest.FixtureRequest) -> History:
    found: History = request.param
    return found


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> NewDatabase:
    return lambda: databases.create(f"migrations_{uuid4().hex}")


@pytest.fixture
async def database(new_database: NewDatabase) -> str:
    """An empty one."""
    return await new_database()


@pytest.fixture(scope="session")
async def at_head(history: History, new_database: NewDatabase) -> str:
    """For tests that only read."""
    url = await new_database()
    await migrations.upgrade(history.name, url)
    return url
