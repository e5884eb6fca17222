"""What an operator sees of the events of one service, and does about them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import NullPool, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from kit.events.outbox import CHANNEL

_OPTIONS = {"timeout": 5, "server_settings": {"statement_timeout": "60s"}}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one subscriber has not got. `parked` of them are for an operator to decide about."""

    subscriber: str
    pending: int
    parked: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """A delivery that failed, and is tried again unless it is parked; `behind` more of its aggregate wait for it."""

    event_id: UUID
    event_type: str
    aggregate_id: UUID
    subscriber: str
    attempts: int
    parked_at: datetime | None
    reason: str
    behind: int


@dataclass(frozen=True, slots=True)
class Letter:
    id: int
    event_id: UUID | None
    event_type: str | None
    reason: str
    created_at: datetime
    size: int


_UNROUTED = text("SELECT count(*) FROM event_outbox WHERE routed_at IS NULL")

_WAITING = text("""
    SELECT subscriber, count(*), count(parked_at), min(created_at)
    FROM event_deliveries JOIN event_outbox USING (position) WHERE delivered_at IS NULL
    GROUP BY subscriber ORDER BY subscriber
""")

_STUCK = text("""
    SELECT sent.event_id, sent.event_type, sent.aggregate_id, delivery.subscriber, delivery.attempts,
           delivery.parked_at, delivery.last_error,
           (SELECT count(*) FROM event_deliveries AS behind
            WHERE behind.subscriber = delivery.subscriber AND behind.lane = delivery.lane
              AND behind.aggregate_id = delivery.aggregate_id AND behind.position > delivery.position
              AND behind.delivered_at IS NULL)
    FROM event_deliveries AS delivery JOIN event_outbox AS sent USING (position)
    WHERE delivery.delivered_at IS NULL AND delivery.last_error IS NOT NULL
    ORDER BY delivery.parked_at IS NULL, position LIMIT :limit
""")

_CHOSEN = """
    FROM event_outbox AS sent
    WHERE sent.position = delivery.position AND delivery.parked_at IS NOT NULL AND delivery.delivered_at IS NULL
      AND (CAST(:ids AS uuid[]) IS NULL OR sent.event_id = ANY(CAST(:ids AS uuid[])))
      AND (CAST(:subscriber AS text) IS NULL OR delivery.subscriber = :subscriber)
    RETURNING delivery.position, delivery.lane
"""

_RETRY = text(f"UPDATE event_deliveries AS delivery SET parked_at = NULL, attempts = 0 {_CHOSEN}")  # noqa: S608

_SKIP = text(f"""
    UPDATE event_deliveries AS delivery
    SET parked_at = NULL, delivered_at = now(), last_error = 'skipped: ' || last_error {_CHOSEN}
""")  # noqa: S608

_PUBLISHED = text("""
    UPDATE event_outbox AS sent SET published_at = now()
    WHERE position = ANY(CAST(:positions AS bigint[])) AND published_at IS NULL
      AND NOT EXISTS (SELECT FROM event_deliveries WHERE position = sent.position AND delivered_at IS NULL)
""")

_TELL = text("SELECT pg_notify(:channel, :payload)")

_DEAD = text("""
    SELECT id, event_id, event_type, reason, created_at, octet_length(body) FROM dead_letters
    ORDER BY id DESC LIMIT :limit
""")

_BODY = text("SELECT body FROM dead_letters WHERE id = :id")

_LETTERS = text("SELECT id FROM dead_letters ORDER BY id")

_FORGET = text("DELETE FROM dead_letters WHERE id = :id")


class Operations:
    """In the transaction of `connection`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def unrouted(self) -> int:
        """Events that no relay has looked at yet."""
        found: int = await self._connection.scalar(_UNROUTED)
        return found

    async def waiting(self) -> list[Waiting]:
        return [Waiting(*row) for row in await self._connection.execute(_WAITING)]

    async def stuck(self, limit: int) -> list[Stuck]:
        """The parked ones first."""
        return [Stuck(*row) for row in await self._connection.execute(_STUCK, {"limit": limit})]

    async def retry(self, event_ids: Sequence[UUID] | None, subscriber: str | None) -> int:
        """Lets parked deliveries of these events, or of all, go on. Answers how many."""
        rows = await self._connection.execute(_RETRY, {"ids": event_ids, "subscriber": subscriber})
        return await self._told(rows.all())

    async def skip(self, event_ids: Sequence[UUID], subscriber: str | None) -> int:
        """Gives up parked deliveries, so that what they hold back goes on. Answers how many."""
        rows = (await self._connection.execute(_SKIP, {"ids": event_ids, "subscriber": subscriber})).all()
        await self._connection.execute(_PUBLISHED, {"positions": [row.position for row in rows]})
        return await self._told(rows)

    async def dead(self, limit: int) -> list[Letter]:
        """Newest first."""
        return [Letter(*row) for row in await self._connection.execute(_DEAD, {"limit": limit})]

    async def dead_body(self, letter: int) -> bytes | None:
        found: Any = await self._connection.scalar(_BODY, {"id": letter})
        return None if found is None else bytes(found)

    async def letters(self) -> list[int]:
        """The numbers of all dead letters, oldest first."""
        return [*await self._connection.scalars(_LETTERS)]

    async def forget(self, letter: int) -> None:
        await self._connection.execute(_FORGET, {"id": letter})

    async def _told(self, rows: Sequence[Row[Any]]) -> int:
        if rows:
            payload = ",".join(str(lane) for lane in sorted({row.lane for row in rows}))
            await self._connection.execute(_TELL, {"channel": CHANNEL, "payload": payload})
        return len(rows)


@asynccontextmanager
async def operations(url: str) -> AsyncIterator[Operations]:
    """Committed at the end of the block."""
    async with create_async_engine(url, poolclass=NullPool, connect_args=_OPTIONS).begin() as connection:
        yield Operations(connection)
