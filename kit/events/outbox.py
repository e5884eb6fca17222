"""The transactional outbox: an event is committed with the change that it tells of, or not at all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.call import current_call
from kit.driver import Prepared
from kit.events.envelope import Metadata, Published
from kit.responses import encode_json

LANES = 16
CHANNEL = "event_outbox"
"""NOTIFY's; the payload names the lanes, as `3,7`."""


@dataclass(frozen=True, slots=True)
class Event:
    """`data` is a dataclass: what the envelope carries. `correlation_id` is the current call's unless it is given."""

    type: str
    aggregate_id: UUID
    data: Any
    correlation_id: str | None = None


def lane_of(aggregate_id: UUID) -> int:
    """The same in every process and for ever: rows of one aggregate must never be in two lanes."""
    return crc32(aggregate_id.bytes) % LANES


# Aggregates are locked in the order of their ids, so that two transactions that share some wait for each other and
# never deadlock. The rows are sorted after that, and only then draw their positions, which so rise with the versions.
_PUBLISH = Prepared(
    text("""
    WITH given AS (
        SELECT * FROM unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:aggregate_ids AS uuid[]),
                             CAST(:lanes AS smallint[]), CAST(:envelopes AS text[]), CAST(:later AS bigint[]))
             WITH ORDINALITY AS given (event_id, event_type, aggregate_id, lane, envelope, later, nth)
    ), locked AS (
        INSERT INTO event_aggregates (aggregate_id, version)
        SELECT aggregate_id, count(*) FROM given GROUP BY aggregate_id ORDER BY aggregate_id
        ON CONFLICT (aggregate_id) DO UPDATE SET version = event_aggregates.version + excluded.version
        RETURNING aggregate_id, version
    ), added AS (
        INSERT INTO event_outbox (event_id, event_type, aggregate_id, lane, envelope)
        SELECT event_id, event_type, aggregate_id, lane,
               jsonb_set(CAST(envelope AS jsonb), '{metadata,aggregate_version}', to_jsonb(version - later))
        FROM given JOIN locked USING (aggregate_id) ORDER BY nth
    )
    SELECT pg_notify(:channel, :payload)
    """)
)


class Outbox:
    """`source` is the service's name in the envelopes."""

    def __init__(self, source: str) -> None:
        self.source = source

    async def publish(self, connection: AsyncConnection, *events: Event) -> list[UUID]:
        """In the caller's transaction, after its business rows. Answers the event ids in the order given."""
        if not events:
            return []
        envelopes = [self._envelope(event) for event in events]
        event_ids = [each.event_id for each in envelopes]
        lanes = [lane_of(each.aggregate_id) for each in events]
        await _PUBLISH.rows(
            connection,
            event_ids=event_ids,
            types=[each.type for each in events],
            aggregate_ids=[each.aggregate_id for each in events],
            lanes=lanes,
            envelopes=[encode_json(each).decode() for each in envelopes],
            later=list(_later(events)),
            channel=CHANNEL,
            payload=",".join(str(lane) for lane in sorted(set(lanes))),
        )
        return event_ids

    def _envelope(self, event: Event) -> Published:
        """Without the version, which is the database's to give."""
        call = current_call.get(None)
        return Published(
            event_id=uuid4(),
            event_type=event.type,
            event_timestamp=datetime.now(UTC),
            source_service=self.source,
            correlation_id=event.correlation_id or (call.correlation_id if call else str(uuid4())),
            data=event.data,
            metadata=Metadata(event.aggregate_id),
        )


def _later(events: Sequence[Event]) -> Iterator[int]:
    """How many of each event's aggregate come after it."""
    left = Counter(each.aggregate_id for each in events)
    for each in events:
        left[each.aggregate_id] -= 1
        yield left[each.aggregate_id]
