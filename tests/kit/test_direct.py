"""Connections for prepared reads without SQLAlchemy's own around them: they are told, end and fail as those do."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from cms_service.settings import CmsSettings
from kit.db import Database
from kit.driver import Direct, Prepared
from kit.errors import DeadlineError, UnavailableError
from kit.statements import Statements
from tests.support.apps import KEY
from tests.support.databases import Databases

PID = Prepared(text("SELECT pg_backend_pid()"))
SLEEP = Prepared(text("SELECT pg_sleep(:seconds)"))
DIVIDE = Prepared(text("SELECT 1 / :by"))
END = Prepared(text("SELECT pg_terminate_backend(:pid, 10000)"))  # waits so long


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    return await databases.create(f"direct_{uuid4().hex[:12]}")


def opened(url: str, **changes: Any) -> Database:
    settings = CmsSettings(internal_api_key=SecretStr(KEY), database_url=url, request_timeout_seconds=1)
    return Database.open(settings.model_copy(update=changes))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With one connection that stays and one that does not."""
    made = opened(url, database_pool_size=1, database_max_overflow=1)
    yield made
    await made.close()


async def pid(database: Database) -> int:
    async with database.direct() as connection:
        [[found]] = await PID.rows(connection)
    assert isinstance(found, int)
    return found


def in_use(database: Database) -> int:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_a_connection_comes_from_the_pool_and_goes_back(database: Database) -> None:
    async with database.direct() as connection:
        assert isinstance(connection, Direct)
        assert in_use(database) == 1
    assert in_use(database) == 0
    async with database.read() as other:
        [[found]] = await PID.rows(other)
    assert await pid(database) == await pid(database) == found


async def test_one_beyond_the_pool_ends_after_its_use(database: Database) -> None:
    async with database.direct() as first, database.direct() as second:
        kept, beyond = [(await PID.rows(each))[0][0] for each in (second, first)]
        with pytest.raises(UnavailableError):
            await pid(database)  # none is left, and none comes back within the second
    assert (in_use(database), await pid(database)) == (0, kept)
    assert beyond != kept


async def test_a_pool_that_keeps_nothing_is_a_pool_too(url: str) -> None:
    database = Database(create_async_engine(url, poolclass=NullPool))
    assert await pid(database) != await pid(database)


async def test_a_failed_statement_fails_as_sqlalchemys_and_the_connection_goes_on(database: Database) -> None:
    async with database.direct() as connection:
        with pytest.raises(DBAPIError) as failed:
            await DIVIDE.rows(connection, by=0)
        assert [list(row) for row in await DIVIDE.rows(connection, by=1)] == [[1]]
    assert (getattr(failed.value.orig, "sqlstate", None), failed.value.connection_invalidated) == ("22012", False)


async def test_a_slow_statement_ends_at_the_timeout(database: Database) -> None:
    with pytest.raises(DeadlineError):
        async with database.direct() as connection:
            await SLEEP.rows(connection, seconds=30.0)
    assert in_use(database) == 0


async def test_one_that_is_cancelled_gives_its_connection_back(database: Database) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async with database.direct() as connection:
            begun.set()
            await SLEEP.rows(connection, seconds=30.0)

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert in_use(database) == 0
    await pid(database)


async def test_one_that_the_server_ends_in_use_is_told_and_replaced(database: Database, url: str) -> None:
    ended = await pid(database)

    async def read() -> None:
        async with database.direct() as connection:
            await END.rows(connection, pid=ended)

    with pytest.raises(UnavailableError):
        await read()
    assert await pid(database) != ended


async def test_without_a_server_it_is_unavailable() -> None:
    database = opened("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(UnavailableError):
        await pid(database)


async def test_a_server_that_refuses_is_unavailable_and_read_tells_the_same(url: str) -> None:
    missing = opened(url.rsplit("/", 1)[0] + "/not_there")
    raised = []
    for block in (missing.read, missing.direct):
        with pytest.raises(Exception) as failed:  # noqa: PT011  whatever the one raises, the other does
            async with block():
                pass
        raised.append(type(failed.value))
    assert raised[0] is raised[1]


async def test_those_who_listen_to_sqlalchemy_hear_of_it(database: Database) -> None:
    sent: list[Any] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2:4]))
    registry = CollectorRegistry()
    async with Statements(registry).watched(database.engine), database.direct() as connection:
        await DIVIDE.rows(connection, by=1)
        with pytest.raises(DBAPIError):
            await DIVIDE.rows(connection, by=0)
        assert registry.get_sample_value("sql_pool_in_use") == 1
    assert sent == [("SELECT 1 / $1", (1,)), ("SELECT 1 / $1", (0,))]
    assert registry.get_sample_value("sql_statement_duration_seconds_count") == 2
    assert registry.get_sample_value("sql_statement_failures_total") == 1
