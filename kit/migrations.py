"""Alembic histories, one per database, run from an event loop or from Alembic's command line."""

import asyncio
import os
from collections.abc import Callable
from functools import cache, partial
from importlib import resources

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

# Alembic keeps the running migration in module globals, so a process runs one at a time.
_ALEMBIC = asyncio.Lock()

# Replicas that start together take turns, and the second finds nothing left to do.
_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))")

# Whoever waits for a table makes everybody after it wait too: better to fail and be run again.
_FAIL_SOON = text("SET LOCAL lock_timeout = '3s'")


async def upgrade(name: str, url: str, revision: str = "head") -> None:
    await _change(url, _config(name), partial(command.upgrade, revision=revision))


async def downgrade(name: str, url: str, revision: str) -> None:
    await _change(url, _config(name), partial(command.downgrade, revision=revision))


@cache
def head(name: str) -> str:
    """The newest revision that this installation has."""
    newest = ScriptDirectory.from_config(_config(name)).get_current_head()
    assert newest is not None, f"{name} has no migrations"
    return newest


@cache
def older(name: str) -> frozenset[str]:
    """The revisions before the newest. One that is in neither was made by a newer installation."""
    known = ScriptDirectory.from_config(_config(name)).walk_revisions()
    return frozenset(each.revision for each in known) - {head(name)}


def run(metadata: MetaData) -> None:
    """All that an `env.py` does. Without a connection, the URL is in the variable that alembic.ini names."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection, metadata)
    else:
        asyncio.run(_connected(_url_from_environment(), partial(_migrate, metadata=metadata)))


async def _change(url: str, config: Config, act: Callable[[Config], None]) -> None:
    def with_connection(connection: Connection) -> None:
        config.attributes["connection"] = connection
        act(config)

    async with _ALEMBIC:
        await _connected(url, with_connection)


async def _connected(url: str, act: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(act)


def _migrate(connection: Connection, metadata: MetaData) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        context.execute(_TAKE_TURNS)
        context.execute(_FAIL_SOON)
        context.run_migrations()


def _config(name: str) -> Config:
    return Config(str(resources.files("migrations") / "alembic.ini"), ini_section=name)


def _url_from_environment() -> str:
    variable = context.config.get_main_option("url_variable", "")
    if variable not in os.environ:
        raise CommandError(f"Set {variable} to the URL of the database.")
    return os.environ[variable]
