"""The outbox: ids, versions and order, in the caller's transaction."""

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import event

from kit.call import begin_call, current_call
from kit.events.envelope import Envelope
from kit.events.outbox import Event, lane_of
from tests.kit.events.outboxes import KIND, Outboxed, Thing, uuids

ROWS = "SELECT event_id, aggregate_id, lane, event_type, envelope::text FROM event_outbox ORDER BY position"


async def test_an_envelope_has_everything_and_is_made_once(outboxed: Outboxed) -> None:
    aggregate, call = uuid4(), begin_call(None, None, 10)
    token = current_call.set(call)
    try:
        [event_id] = await outboxed.publish(aggregate, text="Åsa")
    finally:
        current_call.reset(token)
    [row] = await outboxed.rows(ROWS)
    assert row[:4] == (event_id, aggregate, lane_of(aggregate), KIND)
    envelope = msgspec.json.decode(row[4], type=Envelope)
    assert msgspec.json.decode(row[4]) == {
        "event_id": str(event_id),
        "event_type": KIND,
        "event_timestamp": envelope.event_timestamp.isoformat().replace("+00:00", "Z"),
        "source_service": "test_service",
        "schema_version": 1,
        "correlation_id": call.correlation_id,
        "data": {"n": 0, "text": "Åsa"},
        "metadata": {"aggregate_id": str(aggregate), "aggregate_version": 1},
    }


async def test_versions_rise_by_one_in_the_order_given(outboxed: Outboxed) -> None:
    a, b = uuids(2)
    first = await outboxed.publish(a, b, a, a)
    second = await outboxed.publish(b, a)
    found = [(row[0], msgspec.json.decode(row[4], type=Envelope).aggregate) for row in await outboxed.rows(ROWS)]
    assert [event_id for event_id, _ in found] == first + second
    versions = [(each.aggregate_id, each.aggregate_version) for _, each in found if each]
    assert versions == [(a, 1), (b, 1), (a, 2), (a, 3), (b, 2), (a, 4)]


async def test_a_transaction_that_fails_publishes_nothing_and_keeps_no_version(outboxed: Outboxed) -> None:
    aggregate = uuid4()

    async def fail() -> None:
        async with outboxed.database.write() as connection:
            await outboxed.outbox.publish(connection, Event(KIND, aggregate, Thing(1)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await outboxed.rows(ROWS) == []
    await outboxed.publish(aggregate)
    assert await outboxed.rows("SELECT version FROM event_aggregates") == [(1,)]


async def test_positions_rise_with_versions_however_writers_meet(outboxed: Outboxed) -> None:
    shared = uuids(3)

    async def write(turn: int) -> None:
        for n in range(10):
            await outboxed.publish(*(shared if (turn + n) % 2 else shared[::-1]))

    async with asyncio.timeout(30):
        await asyncio.gather(*(write(turn) for turn in range(8)))
    rows = await outboxed.rows(
        "SELECT aggregate_id, array_agg(CAST(envelope #>> '{metadata,aggregate_version}' AS int) ORDER BY position)"
        " FROM event_outbox GROUP BY 1"
    )
    assert dict(rows) == {aggregate: list(range(1, 81)) for aggregate in shared}


async def test_the_number_of_statements_is_constant(outboxed: Outboxed) -> None:
    sent: list[str] = []
    engine = outboxed.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    await outboxed.publish(uuid4())
    one = len(sent)
    await outboxed.publish(*uuids(500))
    assert (one, len(sent)) == (1, 2)


async def test_nothing_to_publish_is_nothing_to_do(outboxed: Outboxed) -> None:
    assert await outboxed.publish() == []


@pytest.mark.parametrize(
    ("aggregate", "lane"),
    [("00000000-0000-0000-0000-000000000000", 5), ("ffffffff-ffff-ffff-ffff-ffffffffffff", 10)],
)
def test_lanes_are_for_ever(aggregate: str, lane: int) -> None:
    assert lane_of(UUID(aggregate)) == lane


def test_lanes_are_used_alike() -> None:
    lanes = [lane_of(each) for each in uuids(16_000)]
    assert {lane for lane in range(16) if 800 < lanes.count(lane) < 1200} == set(range(16))
