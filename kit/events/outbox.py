"""The transactional outbox: an event is committed with the change that it tells of, or not at all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zlib import crc32

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.call import current_call
from kit.events.envelope import Metadata, Published
from kit.responses import encode_json

LANES = 16
CHANNEL = "event_outbox"
"""NOTIFY's; the payload names the lanes, as `3,7`."""


@dataclass(frozen=True, slots=True)
class Event:
    """`data` is a dataclass: what the envelope carries."""

    type: str
    aggregate_id: UUID
    data: Any


def lane_of(aggregate_id: UUID) -> int:
    """The same in every process and for ever: rows of one aggregate must never be in two lanes."""
    return crc32(aggregate_id.bytes) % LANES


# In order of the ids, so that two transactions that share aggregates wait for each other and never deadlock.
_TAKE_VERSIONS = text("""
    INSERT INTO event_aggregates (aggregate_id, version)
    SELECT id, n FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bigint[])) AS given (id, n) ORDER BY id
    ON CONFLICT (aggregate_id) DO UPDATE SET version = event_aggregates.version + excluded.version
    RETURNING aggregate_id, version
""")

# Its own statement: positions are drawn when the aggregates are locked, so they rise with the versions.
_ADD = text("""
    WITH added AS (
        INSERT INTO event_outbox (event_id, event_type, aggregate_id, lane, envelope)
        SELECT event_id, event_type, aggregate_id, lane, CAST(envelope AS jsonb)
        FROM unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:aggregate_ids AS uuid[]),
                    CAST(:lanes AS smallint[]), CAST(:envelopes AS text[]))
             WITH ORDINALITY AS given (event_id, event_type, aggregate_id, lane, envelope, nth)
        ORDER BY nth
    )
    SELECT pg_notify(:channel, :payload)
""")


class Outbox:
    """`source` is the service's name in the envelopes."""

    def __init__(self, source: str) -> None:
        self.source = source

    async def publish(self, connection: AsyncConnection, *events: Event) -> list[UUID]:
        """In the caller's transaction, after its business rows. Answers the event ids in the order given."""
        if not events:
            return []
        versions = _versions(events, await _locked(connection, Counter(each.aggregate_id for each in events)))
        envelopes = [self._envelope(event, version) for event, version in zip(events, versions, strict=True)]
        lanes = [lane_of(each.aggregate_id) for each in events]
        added = {
            "event_ids": [each.event_id for each in envelopes],
            "types": [each.type for each in events],
            "aggregate_ids": [each.aggregate_id for each in events],
            "lanes": lanes,
            "envelopes": [encode_json(each).decode() for each in envelopes],
        }
        payload = ",".join(str(lane) for lane in sorted(set(lanes)))
        await connection.execute(_ADD, {**added, "channel": CHANNEL, "payload": payload})
        return [each.event_id for each in envelopes]

    def _envelope(self, event: Event, version: int) -> Published:
        call = current_call.get(None)
        return Published(
            event_id=uuid4(),
            event_type=event.type,
            event_timestamp=datetime.now(UTC),
            source_service=self.source,
            correlation_id=call.correlation_id if call else str(uuid4()),
            data=event.data,
            metadata=Metadata(event.aggregate_id, version),
        )


async def _locked(connection: AsyncConnection, numbers: Mapping[UUID, int]) -> dict[UUID, int]:
    """The last version that each aggregate had before these events."""
    given = {"ids": list(numbers), "numbers": list(numbers.values())}
    rows = await connection.execute(_TAKE_VERSIONS, given)
    return {aggregate_id: version - numbers[aggregate_id] for aggregate_id, version in rows}


def _versions(events: Sequence[Event], last: dict[UUID, int]) -> Iterator[int]:
    for event in events:
        last[event.aggregate_id] += 1
        yield last[event.aggregate_id]
