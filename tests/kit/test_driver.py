"""Statements that the driver is sent directly: they behave as SQLAlchemy's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import bindparam, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from cms_service.contract import AssociationStatus
from cms_service.settings import CmsSettings
from cms_service.tables import EssayAssociation
from kit.call import begin_call, current_call
from kit.db import Database
from kit.driver import Prepared, driver_of
from kit.errors import DeadlineError, UnavailableError
from kit.statements import Statements
from tests.support.apps import KEY
from tests.support.databases import Databases, RolledBack
from tests.support.given import association

MARK = Prepared(text("INSERT INTO marks (id) VALUES (:id)"))
MARKED = Prepared(text("SELECT id FROM marks WHERE id = :id"))
SLEEP = Prepared(text("SELECT pg_sleep(:seconds)"))
SLEEPING = Prepared(text("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"))
PID = Prepared(text("SELECT pg_backend_pid()"))
END = Prepared(text("SELECT pg_terminate_backend(:pid, 10000)"))  # waits so long


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    made = await databases.create(f"driver_{uuid4().hex[:12]}")
    engine = create_async_engine(made, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE marks (id uuid PRIMARY KEY)"))
    return made


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With one connection, which each block has after the other."""
    settings = CmsSettings(internal_api_key=SecretStr(KEY), database_url=url, request_timeout_seconds=1)
    opened = Database.open(settings, connections=1)
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    engine = create_async_engine(url, poolclass=NullPool)
    yield Database(engine)
    await engine.dispose()


async def marked(database: Database, mark: UUID) -> bool:
    async with database.read() as connection:
        return bool(await MARKED.rows(connection, id=mark))


async def pid(connection: AsyncConnection) -> int:
    [[found]] = await PID.rows(connection)
    assert isinstance(found, int)
    return found


async def test_values_are_of_the_columns_types(cms_database: RolledBack) -> None:
    row = association(uuid4(), None, match_reasons=["namn", "klass"], confidence_score=0.5)
    await cms_database.add(row)
    statement = select(*EssayAssociation.__table__.columns).where(
        EssayAssociation.batch_id == bindparam("batch_id"),
        EssayAssociation.validation_status != AssociationStatus.REJECTED,
    )
    async with cms_database.read() as connection:
        theirs = (await connection.execute(statement, {"batch_id": row.batch_id})).one()
        [ours] = await Prepared(statement).rows(connection, batch_id=row.batch_id)
    assert list(ours) == list(theirs)
    assert [type(value) for value in ours if not isinstance(value, UUID)] == [
        type(value) for value in theirs if not isinstance(value, UUID)
    ]


async def test_a_missing_value_is_a_mistake(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(KeyError, match="id"):
            await MARKED.rows(connection)


async def test_a_block_is_one_transaction(database: Database, other: Database) -> None:
    kept, lost = uuid4(), uuid4()
    async with database.write() as connection:
        await MARK.rows(connection, id=kept)
        assert not await marked(other, kept)

    async def failing() -> None:
        async with database.write() as connection:
            await MARK.rows(connection, id=lost)
            await connection.execute(text("SELECT 1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert (await marked(database, kept), await marked(database, lost)) == (True, False)


async def test_who_goes_on_after_a_failure_is_told_that_nothing_is_committed(database: Database) -> None:
    lost = uuid4()

    async def careless() -> None:
        async with database.write() as connection:
            await MARK.rows(connection, id=lost)
            with suppress(DBAPIError):
                await connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="failed before its end: ROLLBACK"):
        await careless()
    assert not await marked(database, lost)


async def test_a_savepoint_takes_back_its_own_and_leaves_the_rest(database: Database) -> None:
    before, within, failed, after = (uuid4() for _ in range(4))

    async def failing(connection: AsyncConnection) -> None:
        async with connection.begin_nested():
            await MARK.rows(connection, id=failed)
            await connection.execute(text("SELECT 1 / 0"))

    async with database.write() as connection:
        await MARK.rows(connection, id=before)
        async with connection.begin_nested() as attempt:
            await MARK.rows(connection, id=within)
            await attempt.rollback()
        with pytest.raises(DBAPIError):
            await failing(connection)
        async with connection.begin_nested():
            await MARK.rows(connection, id=after)
    marks = [await marked(database, each) for each in (before, within, failed, after)]
    assert marks == [True, False, False, True]


async def test_it_is_part_of_a_transaction_of_sqlalchemys(database: Database) -> None:
    lost = uuid4()
    async with database.engine.connect() as connection:
        await MARK.rows(connection, id=lost)
        await connection.rollback()
    assert not await marked(database, lost)


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_has_a_connection(database: Database) -> None:
    lost, begun = uuid4(), asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await MARK.rows(connection, id=lost)
            begun.set()
            await SLEEP.rows(connection, seconds=30.0)

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with database.write() as connection:
        assert not await MARKED.rows(connection, id=lost)


async def test_a_failed_statement_fails_as_sqlalchemys_and_the_connection_goes_on(database: Database) -> None:
    mark = uuid4()

    async def twice() -> None:
        async with database.write() as connection:
            for _ in range(2):
                await MARK.rows(connection, id=mark)

    with pytest.raises(DBAPIError) as failed:
        await twice()
    assert (getattr(failed.value.orig, "sqlstate", None), failed.value.connection_invalidated) == ("23505", False)
    assert not await marked(database, mark)


async def test_a_slow_statement_ends_at_the_timeout(database: Database) -> None:
    with pytest.raises(DeadlineError):
        async with database.read() as connection:
            await SLEEP.rows(connection, seconds=30.0)


async def test_a_statement_that_nobody_waits_for_any_more_ends_in_the_server_too(url: str, other: Database) -> None:
    settings = CmsSettings(internal_api_key=SecretStr(KEY), database_url=url, request_timeout_seconds=60)
    opened, seconds = Database.open(settings, connections=1), 0.3
    call = current_call.set(begin_call(None, None, seconds))
    with pytest.raises((TimeoutError, DeadlineError)):  # whichever is first
        async with asyncio.timeout(seconds), opened.write() as connection:
            await SLEEP.rows(connection, seconds=50.0)
    current_call.reset(call)
    async with asyncio.timeout(20), other.read() as watching:
        while await SLEEPING.rows(watching):  # noqa: ASYNC110  another process tells no event
            await asyncio.sleep(0.05)
    await opened.close()


async def test_a_connection_that_ends_in_use_is_told_and_replaced(database: Database, other: Database) -> None:
    pids: list[int] = []

    async def write() -> None:
        async with database.write() as connection, other.read() as another:
            pids.append(await pid(connection))
            await END.rows(another, pid=pids[0])
            await MARK.rows(connection, id=uuid4())

    with pytest.raises(UnavailableError):
        await write()
    async with database.write() as connection:
        assert await pid(connection) not in pids


async def test_a_connection_that_ends_unused_is_replaced(database: Database, other: Database) -> None:
    async with database.read() as connection:
        ended, driver = await pid(connection), driver_of(connection)
    heard = asyncio.Event()
    driver.add_termination_listener(lambda _: heard.set())
    async with other.read() as another:
        await END.rows(another, pid=ended)
    async with asyncio.timeout(10):
        await heard.wait()
    async with database.read() as connection:
        assert await pid(connection) != ended


async def test_those_who_listen_to_sqlalchemy_hear_of_it(database: Database) -> None:
    sent: list[Any] = []
    event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2:4]))
    registry, mark = CollectorRegistry(), uuid4()
    async with Statements(registry).watched(database.engine), database.read() as connection:
        await MARK.rows(connection, id=mark)
        with pytest.raises(DBAPIError):
            await MARK.rows(connection, id=mark)
    assert sent == 2 * [("INSERT INTO marks (id) VALUES ($1)", (mark,))]
    assert registry.get_sample_value("sql_statement_duration_seconds_count") == 2
    assert registry.get_sample_value("sql_statement_failures_total") == 1
