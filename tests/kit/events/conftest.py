from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs
from structlog.typing import EventDict

from kit.db import Database
from kit.events.outbox import Outbox
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.kit.events.outboxes import Outboxed
from tests.kit.events.subscriber import Subscriber
from tests.support.apps import KEY
from tests.support.databases import Databases

TABLES = "event_outbox, event_deliveries, event_aggregates, processed_events, dead_letters"


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """What is logged; to print it, with the locals of every traceback, would take most of the time."""
    with capture_logs() as entries:
        yield entries


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    """A database of its own: what relays and handlers do has to be committed."""
    return await migrated(databases, "ras")


@pytest.fixture
async def outboxed(url: str) -> AsyncIterator[Outboxed]:
    database = Database.open(RasSettings(internal_api_key=SecretStr(KEY), database_url=url))
    async with database.write() as connection:
        await connection.execute(text(f"TRUNCATE {TABLES}"))
    yield Outboxed(database, url, Outbox("test_service"))
    await database.close()


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    made = Subscriber()
    async with made.running():
        yield made
