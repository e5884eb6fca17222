"""Events of batches that are not registered yet."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class Pending(NamedTuple):
    """`body` is the envelope as it was received."""

    event_id: UUID
    batch_id: UUID
    event_type: str
    body: bytes


_KEEP = text("""
    INSERT INTO pending_events (event_id, batch_id, event_type, body)
    SELECT event_id, batch_id, event_type, body
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:batch_ids AS uuid[]), CAST(:types AS text[]),
                CAST(:bodies AS bytea[])) AS given (event_id, batch_id, event_type, body)
    ORDER BY event_id
""")

_TAKE = text("""
    DELETE FROM pending_events WHERE batch_id = ANY(CAST(:batch_ids AS uuid[]))
    RETURNING event_id, batch_id, event_type, body
""")

# A registration that is at it takes its own; replicas take different ones.
_TAKE_LATE = text("""
    DELETE FROM pending_events WHERE event_id IN (
        SELECT event_id FROM pending_events WHERE received_at < now() - CAST(:age AS interval)
        ORDER BY received_at LIMIT :at_most FOR UPDATE SKIP LOCKED
    )
    RETURNING event_id, batch_id, event_type, body
""")


async def keep(connection: AsyncConnection, events: Sequence[Pending]) -> None:
    event_ids, batch_ids, types, bodies = (list(each) for each in zip(*events, strict=True))
    given = {"event_ids": event_ids, "batch_ids": batch_ids, "types": types, "bodies": bodies}
    await connection.execute(_KEEP, given)


async def take(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> list[Pending]:
    """What waits for these batches, and does so no longer."""
    return [Pending(*row) for row in await connection.execute(_TAKE, {"batch_ids": batch_ids})]


async def take_late(connection: AsyncConnection, age: timedelta, at_most: int) -> list[Pending]:
    """What has waited longer than `age`, the oldest first."""
    return [Pending(*row) for row in await connection.execute(_TAKE_LATE, {"age": age, "at_most": at_most})]
