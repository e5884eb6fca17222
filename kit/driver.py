"""The driver beneath SQLAlchemy, for what is sent often: SQLAlchemy's own execution takes five times as much CPU.

Whoever listens to SQLAlchemy's statements hears of these, too, and they fail as its own do.
"""

import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg
from sqlalchemy import JSON, Connection, Engine, Enum, Select, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlalchemy.util import greenlet_spawn

from kit.call import current_call
from kit.statements import failed

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_DRIVERS_OWN = asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError

Row = Sequence[Any]
Statement = TextClause | Select[*tuple[Any, ...]]


class Direct:
    """A connection of the engine's pool for prepared reads: SQLAlchemy's own around it takes longer than most of them.

    Those who listen to SQLAlchemy's statements are told of this one as the connection.
    """

    __slots__ = ("_lent", "dispatch", "driver", "engine", "info")

    def __init__(self, engine: Engine, lent: PoolProxiedConnection) -> None:
        self.engine = engine
        self.dispatch = engine.dispatch
        self.driver: Any = lent.driver_connection
        self.info: dict[Any, Any] = {}
        self._lent = lent

    @classmethod
    async def of(cls, engine: AsyncEngine) -> Self:
        """Raises DBAPIError, and what the pool and the network raise."""
        sync = engine.sync_engine
        try:
            return cls(sync, await engine.raw_connection())
        except sync.dialect.loaded_dbapi.Error as error:
            raise DBAPIError("", (), error) from error

    async def give_back(self) -> None:
        pool = self.engine.pool
        if isinstance(pool, QueuePool) and pool.overflow() <= 0:
            self._lent.close()  # stays in the pool, which takes no time
        else:
            await greenlet_spawn(self._lent.close)


Reading = AsyncConnection | Direct
"""What prepared reads are sent on."""


class Prepared:
    """A statement that is put together once; it has no IN over a list, whose length would be a part of it.

    Parameters go to the driver as they are; what comes back has the Python types of the statement's columns, but where
    labels are to stay text, as who encodes them anyway would have them.
    """

    def __init__(self, statement: Statement, *, labels: bool = True) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        required = {name for name, each in compiled.binds.items() if each.required}
        self._sql = str(compiled)
        self._names: Sequence[str] = compiled.positiontup
        self._defaults = {name: value for name, value in compiled.params.items() if name not in required}
        self._converted = _converted(statement, (Enum, JSON) if labels else (JSON,))

    async def rows(self, connection: Reading, **values: Any) -> Sequence[Row]:
        """Raises DBAPIError."""
        given = self._defaults | values
        found = await _fetch(connection, self._sql, [given[name] for name in self._names])
        if not self._converted:
            return found
        rows = [list(row) for row in found]
        for row in rows:
            for place, convert in self._converted:
                row[place] = convert(row[place])
        return rows


def _converted(statement: Statement, kinds: tuple[type, ...]) -> list[tuple[int, Callable[[Any], Any]]]:
    """The driver gives labels and JSON as text; all else it gives as it is wanted."""
    types = [each.type for each in statement.selected_columns] if isinstance(statement, Select) else []
    return [
        (place, convert)
        for place, each in enumerate(types)
        if isinstance(getattr(each, "item_type", each), kinds)
        and (convert := each.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
    ]


async def _fetch(connection: Reading, sql: str, given: Sequence[Any]) -> Sequence[Row]:
    told, driver = (connection, connection.driver) if isinstance(connection, Direct) else await _begun(connection)
    values = tuple(given)
    told.dispatch.before_cursor_execute(told, None, sql, values, None, False)
    try:
        rows: Sequence[Row] = await driver.fetch(sql, *values)
    except _DRIVERS_OWN as error:
        failure = _failure(driver, error, sql, values)
        failed(told, failure)
        raise failure from error
    told.dispatch.after_cursor_execute(told, None, sql, values, None, False)
    return rows


async def _begun(connection: AsyncConnection) -> tuple[Connection, Any]:
    """SQLAlchemy begins its transaction with its first statement, and what goes to the driver is none of its."""
    driver, sync = driver_of(connection), connection.sync_connection
    assert sync is not None
    if not (sync.connection.dbapi_connection.autocommit or driver.is_in_transaction()):  # type: ignore[union-attr]
        await connection.exec_driver_sql("SELECT")
    return sync, driver


@asynccontextmanager
async def transaction(connection: AsyncConnection) -> AsyncIterator[None]:
    """Committed at the end of the block. The connection is in autocommit, so SQLAlchemy begins none of its own.

    No statement goes on for longer than the caller had left at the beginning, even if nobody waits for it any more.
    Raises RuntimeError when a statement failed and the block went on all the same: then nothing was committed.
    """
    driver = driver_of(connection)
    begin = _begin()
    with _translated(driver, begin):
        await driver.execute(begin)
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


def _begin() -> str:
    call = current_call.get(None)
    left = math.inf if call is None else call.remaining()
    if left == math.inf:
        return "BEGIN"
    return f"BEGIN; SET LOCAL statement_timeout = {max(1, math.ceil(left * 1000))}"


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
def _translated(driver: Any, sql: str) -> Iterator[None]:
    try:
        yield
    except _DRIVERS_OWN as error:
        raise _failure(driver, error, sql) from error


def _failure(driver: Any, error: Exception, sql: str, values: tuple[Any, ...] = ()) -> DBAPIError:
    if isinstance(error, asyncpg.InternalClientError):
        # The server's farewell came between two statements, and the driver is at odds with itself.
        driver.terminate()
    return DBAPIError(sql, values, error, connection_invalidated=driver.is_closed())
