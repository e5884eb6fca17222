"""Real PostgreSQL for tests: a server, migrated databases, and one transaction per test that is rolled back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from kit.db import Database


class Server(Protocol):
    async def create_database(self, name: str) -> str: ...

    async def drop_database(self, name: str) -> None: ...


class ExternalServer:
    """The server of TEST_DATABASE_URL, whose role may create databases."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)

    async def create_database(self, name: str) -> str:
        await self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0 ENCODING UTF8 LOCALE "C"')
        return self.url.set(drivername="postgresql+asyncpg", database=name).render_as_string(hide_password=False)

    async def drop_database(self, name: str) -> None:
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class RolledBack(Database):
    """One connection and one transaction for a whole test, so requests take turns on it."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection.engine)
        self.connection = connection
        self.turn = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self.turn:
            yield self.connection

    direct = read

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self.turn, self.connection.begin_nested():
            yield self.connection

    async def add(self, *rows: Any) -> None:
        """Rows of `tables.py`, as the test's data."""
        session = AsyncSession(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        async with self.turn, session:
            session.add_all(rows)
            await session.commit()

    @contextmanager
    def statements(self) -> Iterator[list[tuple[str, Any]]]:
        """The SQL that is sent inside the block, with its parameters."""
        sent: list[tuple[str, Any]] = []

        def record(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            sent.append((statement, parameters))

        sync = self.connection.sync_connection
        event.listen(sync, "before_cursor_execute", record)
        try:
            yield sent
        finally:
            event.remove(sync, "before_cursor_execute", record)


@asynccontextmanager
async def rolled_back(url: str) -> AsyncIterator[RolledBack]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield RolledBack(connection)
        await transaction.rollback()
    await engine.dispose()


@dataclass
class Databases:
    """Databases of one test session, dropped at its end."""

    server: Server
    names: list[str] = field(default_factory=list)

    async def create(self, name: str) -> str:
        self.names.append(name)
        return await self.server.create_database(name)

    async def drop_all(self) -> None:
        for name in self.names:
            await self.server.drop_database(name)
