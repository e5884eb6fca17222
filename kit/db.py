"""PostgreSQL through SQLAlchemy: one pool per process, read and write connections."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ARRAY, CollectionAggregate, Uuid, any_, event, literal, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from starlette.requests import Request

from kit.driver import Direct, refuse_closed, transaction
from kit.errors import DeadlineError, UnavailableError
from kit.settings import ServiceSettings

Connection = AsyncConnection
"""For code that passes a connection on and sends no SQL itself."""


class Database:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        # The same pool. Reads are single statements, and need no transaction around them; `write` begins its own.
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    @classmethod
    def open(cls, settings: ServiceSettings, *, connections: int | None = None) -> Self:
        """`connections`: so many and no more, in place of the settings' pool."""
        engine = create_async_engine(
            settings.database_url,
            pool_size=connections or settings.database_pool_size,
            max_overflow=0 if connections else settings.database_max_overflow,
            pool_timeout=settings.request_timeout_seconds,
            pool_pre_ping=False,
            pool_use_lifo=True,  # few connections that are warm, rather than all in turn
            connect_args={
                "timeout": 5,
                "server_settings": {
                    "statement_timeout": f"{settings.request_timeout_seconds:.0f}s",
                    "jit": "off",
                    # Moments that leave it as text have an offset that every reader knows.
                    "timezone": "UTC",
                },
            },
        )
        event.listen(engine.sync_engine, "checkout", refuse_closed)
        return cls(engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Raises UnavailableError without a database, and DeadlineError for a statement that took too long."""
        with translated():
            async with self._autocommit.connect() as connection:
                yield connection

    @asynccontextmanager
    async def direct(self) -> AsyncIterator[Direct | AsyncConnection]:
        """As `read`, for statements that are prepared: what is around them costs a third."""
        with translated():
            connection = await Direct.of(self.engine)
            try:
                yield connection
            finally:
                await connection.give_back()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end of the block. Raises as `read` does.

        What is to be undone is an exception, or `begin_nested`: `commit` and `rollback` of the connection do nothing.
        """
        with translated():
            async with self._autocommit.connect() as connection, transaction(connection):
                yield connection

    async def revision(self) -> str | None:
        """The migration that the database stands at."""
        async with self.read() as connection:
            found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return found

    async def close(self) -> None:
        await self.engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """A database that is away or full is no fault of ours: the caller may try again."""
    try:
        yield
    except (OSError, PoolTimeoutError) as error:
        raise UnavailableError("The database is not available at the moment.") from error
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state == "57014":  # query_canceled, which is what statement_timeout does
            raise DeadlineError("The database did not answer in time.") from error
        if error.connection_invalidated or state[:2] in {"08", "53", "57"}:
            raise UnavailableError("The database is not available at the moment.") from error
        raise


def any_of(ids: Sequence[UUID]) -> CollectionAggregate[Any]:
    """For `column == any_of(ids)`: one statement text, so one prepared statement, however many ids."""
    return any_(literal(ids, ARRAY(Uuid)))


def database(request: Request) -> Database:
    opened = request.state.database
    assert isinstance(opened, Database)
    return opened
