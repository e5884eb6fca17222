"""An outbox with committed rows, and relays that publish it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from kit.background import background
from kit.db import Database
from kit.events.backoff import Backoff
from kit.events.delivery import Pace
from kit.events.http import http_client, http_transport
from kit.events.outbox import CHANNEL, Event, Outbox
from kit.events.relay import Relay, Terms
from kit.events.running import lanes, working
from kit.events.transport import Transport
from kit.listener import Listener

KIND = "test.thing.changed.v1"
PACE = Pace(at_most=1000, tries=3, poll=0.3, backoff=Backoff(0.02, 0.2))
TERMS = Terms(PACE, timedelta(days=7), rebalance=0.05)


@dataclass
class Thing:
    n: int
    text: str = ""


@dataclass
class Outboxed:
    """The database under test. `url` is what a relay connects to."""

    database: Database
    url: str
    outbox: Outbox

    async def publish(self, *aggregates: UUID, kind: str = KIND, text: str = "") -> list[UUID]:
        """One event for each, in one transaction."""
        things = (Event(kind, aggregate, Thing(n, text)) for n, aggregate in enumerate(aggregates))
        async with self.database.write() as connection:
            return await self.outbox.publish(connection, *things)

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.read() as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def unpublished(self) -> int:
        [[n]] = await self.rows("SELECT count(*) FROM event_outbox WHERE published_at IS NULL")
        assert isinstance(n, int)
        return n

    async def published(self, seconds: float = 10) -> None:
        """Waits until everything is."""
        await eventually(lambda: self.left(0), seconds)

    async def left(self, n: int) -> bool:
        return await self.unpublished() == n

    @asynccontextmanager
    async def relay(
        self, routes: Mapping[str, Sequence[str]], *, terms: Terms = TERMS, seconds: float = 5, listening: bool = True
    ) -> AsyncIterator[Relay]:
        async with (
            http_client("tests", "a-key") as client,
            self.relay_to(http_transport(routes, client, seconds=seconds), terms=terms, listening=listening) as relay,
        ):
            yield relay

    @asynccontextmanager
    async def relay_to(
        self, transport: Transport, *, terms: Terms = TERMS, listening: bool = True
    ) -> AsyncIterator[Relay]:
        relay = Relay(self.url, transport, terms)
        listener = Listener(self.url)
        listener.on(CHANNEL, lambda payload: relay.wake(lanes(payload)), relay.wake)
        async with background(*([listener.run()] if listening else [])), working(relay, stop_seconds=2):
            yield relay


async def eventually(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  what it asks is in a database
            await asyncio.sleep(0.01)


def uuids(n: int) -> list[UUID]:
    return [uuid4() for _ in range(n)]
