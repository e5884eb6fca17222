"""Prometheus: the time that SQL takes, and the connections that it holds."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import product
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

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

    def _begin(self, connection: Connection, *_: Any) -> None:
        connection.info[_BEGUN] = self, perf_counter()

    def _end(self, connection: Connection, *_: Any) -> None:
        # One that was under way already when the block began has no beginning.
        _, begun = connection.info.pop(_BEGUN, (self, None))
        if begun is not None:
            self._seconds.observe(perf_counter() - begun)

    def _fail(self, context: ExceptionContext) -> None:
        if context.statement is not None and context.connection is not None:
            self.failed(context.connection)

    def failed(self, connection: Connection) -> None:
        self._failed.inc()
        self._end(connection)


def failed(connection: Connection) -> None:
    """For a statement that SQLAlchemy did not send: of its failure nobody else tells."""
    watching, _ = connection.info.get(_BEGUN, (None, None))
    if watching:
        watching.failed(connection)
