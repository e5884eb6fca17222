"""Prometheus: the time that SQL takes, and the connections that it holds."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import product
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from kit.tracing.spans import Silent, Span
from kit.tracing.sql import statement_span

if TYPE_CHECKING:
    from kit.driver import Direct

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_BEGUN = "statement_begun"


class Statements:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "sql_statement_duration_seconds", "SQL statements.", registry=registry, buckets=_SECONDS
        )
        self._failed = Counter("sql_statement_failures", "SQL statements that failed.", registry=registry)
        self._in_use = Gauge("sql_pool_in_use", "Connections of the pools that are in use.", registry=registry)

    @asynccontextmanager
    async def watched(self, *engines: AsyncEngine) -> AsyncIterator[None]:
        """Counts the statements on these engines' connections, and the connections, inside the block."""
        syncs = {each.sync_engine for each in engines}
        heard: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._begin,
            "after_cursor_execute": self._end,
            "handle_error": self._fail,
        }
        for sync, (name, listener) in product(syncs, heard.items()):
            event.listen(sync, name, listener)
        pools = [each.pool for each in syncs if isinstance(each.pool, QueuePool)]
        self._in_use.set_function(lambda: sum(each.checkedout() for each in pools))
        try:
            yield
        finally:
            for sync, (name, listener) in product(syncs, heard.items()):
                event.remove(sync, name, listener)

    def _begin(self, connection: "Connection | Direct", _: Any, sql: str, *__: Any) -> None:
        connection.info[_BEGUN] = Begun(self, perf_counter(), statement_span(sql, connection.engine))

    def _end(self, connection: "Connection | Direct", *_: Any) -> None:
        # One that was under way already when the block began has no beginning.
        begun: Begun | None = connection.info.pop(_BEGUN, None)
        if begun:
            self._seconds.observe(perf_counter() - begun.at)
            begun.span.end()

    def _fail(self, context: ExceptionContext) -> None:
        if context.statement is not None and context.connection is not None:
            self.failed(context.connection, context.original_exception)

    def failed(self, connection: "Connection | Direct", error: BaseException | None) -> None:
        self._failed.inc()
        if begun := connection.info.get(_BEGUN):
            begun.span.fail(code_of(error))
        self._end(connection)


class Begun(NamedTuple):
    watching: Statements
    at: float
    span: Span | Silent


def failed(connection: "Connection | Direct", error: DBAPIError) -> None:
    """For a statement that SQLAlchemy did not send: of its failure nobody else tells."""
    begun: Begun | None = connection.info.get(_BEGUN)
    if begun:
        begun.watching.failed(connection, error.orig)


def code_of(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or type(error).__name__
