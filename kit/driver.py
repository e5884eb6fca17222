"""The driver beneath SQLAlchemy, for what is sent often: SQLAlchemy's own execution takes five times as much CPU.

Whoever listens to SQLAlchemy's statements hears of these, too, and they fail as its own do.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy import JSON, Connection, Enum, Select, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.statements import failed

_DIALECT = dialect()  # type: ignore[no-untyped-call]

Row = Sequence[Any]
Statement = TextClause | Select[*tuple[Any, ...]]


class Prepared:
    """A statement that is put together once; it has no IN over a list, whose length would be a part of it.

    Parameters go to the driver as they are; what comes back has the Python types of the statement's columns.
    """

    def __init__(self, statement: Statement) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        required = {name for name, each in compiled.binds.items() if each.required}
        self._sql = str(compiled)
        self._names: Sequence[str] = compiled.positiontup
        self._defaults = {name: value for name, value in compiled.params.items() if name not in required}
        self._converted = _converted(statement)

    async def rows(self, connection: AsyncConnection, **values: Any) -> Sequence[Row]:
        """Raises DBAPIError."""
        given = self._defaults | values
        found = await _fetch(connection, self._sql, tuple(given[name] for name in self._names))
        if not self._converted:
            return found
        rows = [list(row) for row in found]
        for row in rows:
            for place, convert in self._converted:
                row[place] = convert(row[place])
        return rows


def _converted(statement: Statement) -> list[tuple[int, Callable[[Any], Any]]]:
    """The driver gives labels and JSON as text; all else it gives as it is wanted."""
    types = [each.type for each in statement.selected_columns] if isinstance(statement, Select) else []
    return [
        (place, convert)
        for place, each in enumerate(types)
        if isinstance(getattr(each, "item_type", each), Enum | JSON)
        and (convert := each.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
    ]


async def _fetch(connection: AsyncConnection, sql: str, values: tuple[Any, ...]) -> Sequence[Row]:
    driver, sync = driver_of(connection), connection.sync_connection
    assert sync is not None
    if not (sync.connection.dbapi_connection.autocommit or driver.is_in_transaction()):  # type: ignore[union-attr]
        # SQLAlchemy begins its transaction with its first statement, and this one is none of its.
        await connection.exec_driver_sql("SELECT")
    with _told(sync, sql, values), _translated(driver, sql, values):
        rows: Sequence[Row] = await driver.fetch(sql, *values)
    return rows


@asynccontextmanager
async def transaction(connection: AsyncConnection) -> AsyncIterator[None]:
    """Committed at the end of the block. The connection is in autocommit, so SQLAlchemy begins none of its own.

    Raises RuntimeError when a statement failed and the block went on all the same: then nothing was committed.
    """
    driver = driver_of(connection)
    with _translated(driver, "BEGIN"):
        await driver.execute("BEGIN")
    try:
        yield
        await _commit(driver)
    except Exception:
        await _roll_back(driver)
        raise
    except BaseException:
        # Cancelled: there is no time to wait for the server, which rolls back what is cut off.
        driver.terminate()
        raise


async def _commit(driver: Any) -> None:
    with _translated(driver, "COMMIT"):
        done = await driver.execute("COMMIT")
    if done != "COMMIT":  # the server's word for it
        raise RuntimeError(f"the transaction had failed before its end: {done}")


async def _roll_back(driver: Any) -> None:
    try:
        await driver.execute("ROLLBACK")
    except Exception:  # noqa: BLE001  whatever it was, the transaction must not be the next user's
        driver.terminate()


def driver_of(connection: AsyncConnection) -> Any:
    sync = connection.sync_connection
    assert sync is not None
    return sync.connection.driver_connection


def refuse_closed(_: object, record: Any, __: object) -> None:
    """For the pool's checkout: the driver has noticed when the server ended a connection."""
    if record.driver_connection.is_closed():
        raise DisconnectionError


@contextmanager
def _told(sync: Connection, sql: str, values: tuple[Any, ...]) -> Iterator[None]:
    sync.dispatch.before_cursor_execute(sync, None, sql, values, None, False)
    try:
        yield
    except DBAPIError:
        failed(sync)
        raise
    sync.dispatch.after_cursor_execute(sync, None, sql, values, None, False)


@contextmanager
def _translated(driver: Any, sql: str, values: tuple[Any, ...] = ()) -> Iterator[None]:
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        if isinstance(error, asyncpg.InternalClientError):
            # The server's farewell came between two statements, and the driver is at odds with itself.
            driver.terminate()
        raise DBAPIError(sql, values, error, connection_invalidated=driver.is_closed()) from error
