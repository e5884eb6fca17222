"""Migrating from a process, from several at once, and from Alembic's command line."""

import asyncio
import logging
import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import migrations
from tests.migrations.histories import CMS, RAS, ROOT, History, NewDatabase, alembic, connect, revision_of


async def test_replicas_that_migrate_at_once_take_turns(database: str) -> None:
    async with connect(database) as first:
        # As a third replica that is at it: so the two others are certain to meet.
        await first.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))"))
        replicas = [await alembic(CMS, database, "upgrade", "head") for _ in range(2)]
        await until_both_wait(first)
    for replica in replicas:
        said, _ = await replica.communicate()
        assert replica.returncode == 0, said.decode()
    assert await revision_of(database) == migrations.head("cms")


async def until_both_wait(connection: AsyncConnection) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    async with asyncio.timeout(30):
        while await connection.scalar(waiting) < 2:  # noqa: ASYNC110  PostgreSQL does not tell who waits
            await asyncio.sleep(0.05)


async def test_one_process_migrates_several_databases_at_once(database: str, new_database: NewDatabase) -> None:
    other = await new_database()
    async with asyncio.timeout(30):
        await asyncio.gather(
            migrations.upgrade("cms", database), migrations.upgrade("ras", other), migrations.upgrade("cms", database)
        )
    assert await revision_of(database) == migrations.head("cms")
    assert await revision_of(other) == migrations.head("ras")


async def test_working_directory_does_not_matter(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await migrations.upgrade("cms", database)
    assert await revision_of(database) == CMS.revisions[-1]


async def test_logging_stays_as_it_was(database: str) -> None:
    ours = logging.getLogger("ours")
    before = logging.root.level, list(logging.root.handlers)
    await migrations.upgrade("ras", database)
    assert (logging.root.level, list(logging.root.handlers)) == before
    assert not ours.disabled


def test_head_is_the_newest_revision(history: History) -> None:
    assert migrations.head(history.name) == history.revisions[-1]


async def test_command_line_writes_a_migration_for_what_changed(database: str, tmp_path: Path) -> None:
    await migrations.upgrade(RAS.name, database)
    async with connect(database) as connection:
        await connection.execute(text("ALTER TABLE dead_letters DROP COLUMN reason"))
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    known = {file.name for file in RAS.files}

    process = await alembic(
        RAS, database, "revision", "--autogenerate", "-m", "Why it is dead", ini=folder / "alembic.ini"
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    (written,) = {file for file in (folder / RAS.name / "versions").glob("*.py") if file.name not in known}
    assert re.fullmatch(r"\d{8}_\d{4}_why_it_is_dead\.py", written.name)
    assert 'op.add_column("dead_letters", sa.Column("reason", sa.Text(), nullable=False))' in written.read_text()


async def test_command_line_names_the_variable_that_is_missing() -> None:
    process = await alembic(CMS, None, "current")
    said, _ = await process.communicate()
    assert process.returncode != 0
    assert f"Set {CMS.url_variable} to the URL of the database." in said.decode()
