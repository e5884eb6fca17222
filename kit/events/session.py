"""The relay's own connection: it holds the locks of the lanes, so what it writes, it writes as their owner."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30
_FAREWELL_SECONDS = 1

_SETTINGS = {
    # The locks of a relay whose machine is gone must not outlive it for long.
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "jit": "off",
    # Queues fill and empty faster than statistics are made: only the indexes are right at every size.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "application_name": "event relay",
}


class Session:
    """One statement at a time, each a transaction. `turn` is for those who decide on something and then ask."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.turn = asyncio.Lock()

    async def ask(self, statement: str, *values: Any) -> Sequence[Any]:
        """Inside `turn`."""
        rows: Sequence[Any] = await self._connection.fetch(statement, *values, timeout=_STATEMENT_SECONDS)
        return rows

    async def fetch(self, statement: str, *values: Any) -> Sequence[Any]:
        async with self.turn:
            return await self.ask(statement, *values)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Session]:
    options = {"timeout": _CONNECT_SECONDS, "server_settings": _SETTINGS}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=options)
    async with engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            yield Session(driver)
        finally:
            # With the session the server lets go of the locks; one that is gone does not answer a farewell.
            with suppress(Exception):
                await driver.close(timeout=_FAREWELL_SECONDS)
