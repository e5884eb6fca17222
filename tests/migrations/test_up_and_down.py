"""Up, down and up again, with data in every table."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit import migrations
from tests.migrations.catalog import QUERIES, Catalog, catalog
from tests.migrations.histories import History, connect, revision_of

NOTHING: Catalog = {part: {} for part in QUERIES}


async def fill(history: History, url: str) -> None:
    """Raises when a table stays empty."""
    async with connect(url) as connection:
        for statement in filter(str.strip, history.rows.split(";")):
            await connection.execute(text(statement))
        for table in history.metadata.tables:
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")), table  # noqa: S608


async def test_filled_database_goes_down_to_nothing_and_up_again(history: History, database: str) -> None:
    await migrations.upgrade(history.name, database)
    await fill(history, database)
    async with connect(database) as connection:
        before = await catalog(connection)

    await migrations.downgrade(history.name, database, "base")
    async with connect(database) as connection:
        assert await catalog(connection) == NOTHING
    assert await revision_of(database) is None

    await migrations.upgrade(history.name, database)
    async with connect(database) as connection:
        assert await catalog(connection) == before
    assert await revision_of(database) == migrations.head(history.name)
    await fill(history, database)


async def test_each_step_undoes_what_it_did(history: History, database: str) -> None:
    for revision in history.revisions:
        async with connect(database) as connection:
            before = await catalog(connection)
        await migrations.upgrade(history.name, database, revision)
        async with connect(database) as connection:
            after = await catalog(connection)
        await migrations.downgrade(history.name, database, "-1")
        async with connect(database) as connection:
            assert await catalog(connection) == before
        await migrations.upgrade(history.name, database, revision)
        async with connect(database) as connection:
            assert await catalog(connection) == after


async def test_migration_gives_up_on_a_busy_table_and_leaves_all_as_it_was(database: str) -> None:
    await migrations.upgrade("ras", database)
    async with connect(database) as reader:
        before = await catalog(reader)
        await reader.execute(text("SELECT * FROM dead_letters"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with asyncio.timeout(30):
                await migrations.downgrade("ras", database, "base")
        assert await catalog(reader) == before
    assert await revision_of(database) == migrations.head("ras")
