"""Events in: once, in order, with nothing lost, and none in another's way."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.call import current_call
from kit.errors import UnavailableError
from kit.events.envelope import Envelope
from kit.events.handling import Handler, one_by_one
from kit.events.ingest import DeadEvent, Ingest
from kit.events.metrics import INGEST_LAG, INGESTED
from tests.kit.events.incoming import KIND, OTHER, Happened, Marks, encoded, envelope, fault
from tests.kit.events.outboxes import Outboxed

EFFECTS = "SELECT coalesce(sum(version), 0)::int FROM event_aggregates"
LETTERS = "SELECT event_id, event_type, reason, body FROM dead_letters ORDER BY id"


async def test_each_takes_effect_once_however_often_it_comes(outboxed: Outboxed) -> None:
    marks = Marks()
    ingest = Ingest(outboxed.database, marks.table)
    events = [envelope() for _ in range(5)]
    first = await ingest.process(encoded(*events, events[2]))
    again = await ingest.process(encoded(*events))
    assert [(each.accepted, each.duplicates, each.dead) for each in (first, again)] == [(5, 1, []), (0, 5, [])]
    assert [str(each.event_id) for each in marks.handled] == [event["event_id"] for event in events]
    assert await outboxed.rows(EFFECTS) == [(5,)]


async def test_at_once_from_many_sides_is_still_once(outboxed: Outboxed) -> None:
    ingest = Ingest(outboxed.database, Marks().table)
    events = encoded(*(envelope() for _ in range(50)))
    answers = await asyncio.gather(*(ingest.process(events if n % 2 else events[::-1]) for n in range(8)))
    assert sum(each.accepted for each in answers) == 50
    assert sum(each.duplicates for each in answers) == 350
    assert await outboxed.rows(EFFECTS) == [(50,)]


@pytest.mark.parametrize("kind", ["unprocessable", "bug", "nul", "constraint"])
async def test_a_bad_event_is_a_dead_letter_and_in_nobodys_way(outboxed: Outboxed, kind: str) -> None:
    reasons = {
        "unprocessable": "the class is unknown",
        "bug": "handler failed: KeyError",
        "nul": "handler failed: DBAPIError",
        "constraint": "handler failed: IntegrityError",
    }
    bad = {10: fault(kind), 57: fault(kind)}
    events = [bad.get(n) or envelope() for n in range(100)]
    answer = await Ingest(outboxed.database, Marks().table).process(encoded(*events))
    assert (answer.accepted, answer.duplicates, [dead.index for dead in answer.dead]) == (98, 0, [10, 57])
    assert {dead.reason for dead in answer.dead} == {reasons[kind]}
    assert [row[:3] for row in await outboxed.rows(LETTERS)] == [
        (dead.event_id, KIND, reasons[kind]) for dead in answer.dead
    ]
    assert await outboxed.rows(EFFECTS) == [(98,)]
    assert await outboxed.rows("SELECT count(*) FROM processed_events") == [(98,)]


async def test_a_dead_event_may_come_again_and_live(outboxed: Outboxed) -> None:
    event = fault("unprocessable")
    ingest = Ingest(outboxed.database, Marks().table)
    for _ in range(3):
        assert len((await ingest.process(encoded(event))).dead) == 1
    assert len(await outboxed.rows(LETTERS)) == 1
    del event["data"]["fault"]
    assert (await ingest.process(encoded(event))).accepted == 1


BROKEN: list[tuple[Any, str]] = [
    (envelope(schema_version=2), "schema version 2 is unknown"),
    (envelope(schema_version="1"), "Expected `int`, got `str` - at `$.schema_version`"),
    ({}, "Object missing required field `event_id`"),
    ([], "Expected `object`, got `array`"),
    (None, "Expected `object`, got `null`"),
    ("x", "Expected `object`, got `str`"),
    (envelope(event_id="no"), "Invalid UUID - at `$.event_id`"),
    (envelope(event_timestamp="2026-09-14T12:00:00"), "timezone component - at `$.event_timestamp`"),
    (envelope(event_timestamp="0001-01-01T00:00:00+10:00"), "event_timestamp is out of range"),
    (envelope("nul\0type"), "matching regex"),
    (envelope(data={}), "Object missing required field `aggregate_id`"),
    (envelope(data=[]), "Expected `object`, got `array`"),
    (envelope(data={"aggregate_id": "x"}), "Invalid UUID - at `$.aggregate_id`"),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
async def test_what_is_no_envelope_is_a_dead_letter(outboxed: Outboxed, broken: Any, reason: str) -> None:
    bodies = encoded(envelope(), broken, envelope())
    answer = await Ingest(outboxed.database, Marks().table).process(bodies)
    [dead] = answer.dead
    assert (answer.accepted, dead.index) == (2, 1)
    assert reason in dead.reason
    [letter] = await outboxed.rows(LETTERS)
    assert (letter[0], letter[2], letter[3]) == (dead.event_id, dead.reason, bodies[1])


async def test_letters_know_what_can_be_known(outboxed: Outboxed) -> None:
    event_id = uuid4()
    bodies = [
        f'{{"event_id": "{event_id}", "event_type": 7}}'.encode(),
        b'{"event_id": 7, "event_type": "a.b.v1"}',
        b'{"event_id": "\xff", "event_type": "a"}',
        b'{"data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    ]
    answer = await Ingest(outboxed.database, {}).process(bodies)
    assert [(each.index, each.event_id) for each in answer.dead] == [(0, event_id), (1, None), (2, None), (3, None)]
    assert [row[:2] for row in await outboxed.rows(LETTERS)][:3] == [(event_id, None), (None, "a.b.v1"), (None, "a")]
    assert [row[3] for row in await outboxed.rows(LETTERS)] == bodies


async def test_unknown_types_are_accepted_ignored_and_counted(outboxed: Outboxed) -> None:
    before = _counted("unknown", "ignored")
    answer = await Ingest(outboxed.database, Marks().table).process(encoded(*(envelope("x.y.v1") for _ in range(3))))
    assert (answer.accepted, answer.duplicates, answer.dead) == (3, 0, [])
    assert _counted("unknown", "ignored") - before == 3
    assert await outboxed.rows("SELECT count(*) FROM processed_events") == [(0,)]


async def test_outcomes_are_counted_by_type(outboxed: Outboxed) -> None:
    kinds = [(KIND, "accepted"), (KIND, "duplicate"), (KIND, "dead"), (OTHER, "accepted"), ("unknown", "dead")]
    before = {key: _counted(*key) for key in kinds}
    once = envelope()
    events = encoded(once, once, fault("bug"), envelope(OTHER), envelope("nobody.v1", schema_version=9))
    await Ingest(outboxed.database, Marks().table).process(events)
    assert {key: _counted(*key) - before[key] for key in kinds} == dict.fromkeys(kinds, 1)


async def test_how_late_events_take_effect_is_told_of_each_once(outboxed: Outboxed) -> None:
    before = {kind: _lag(kind) for kind in (KIND, OTHER)}
    now = datetime.now(UTC)
    late, ahead = (envelope(event_timestamp=(now + timedelta(seconds=each)).isoformat()) for each in (-40, 40))
    events = encoded(late, ahead, late, fault("bug"), envelope(OTHER, data={}), envelope("nobody.v1"))
    await Ingest(outboxed.database, Marks().table).process(events)
    (n, seconds), others = (
        (after - earlier for after, earlier in zip(_lag(KIND), before[KIND], strict=True)),
        _lag(OTHER),
    )
    assert (n, others) == (2, before[OTHER])
    assert 40 <= seconds < 70


async def test_a_handler_sees_utc_and_works_under_the_events_correlation_id(outboxed: Outboxed) -> None:
    seen: list[Any] = []

    async def handle(_: AsyncConnection, event: Envelope, data: Happened) -> None:
        seen.append((event.event_timestamp.isoformat(), event.aggregate, current_call.get().correlation_id, data.n))

    metadata = {"aggregate_id": str(uuid4()), "aggregate_version": 3}
    event = envelope(
        event_timestamp="2026-09-14T14:00:00+02:00", metadata=metadata, data={"aggregate_id": str(uuid4())}
    )
    await Ingest(outboxed.database, {KIND: Handler(Happened, one_by_one(handle))}).process(encoded(event))
    [(moment, aggregate, correlation_id, n)] = seen
    assert (moment, correlation_id, n) == ("2026-09-14T12:00:00+00:00", event["correlation_id"], 0)
    assert {"aggregate_id": str(aggregate.aggregate_id), "aggregate_version": aggregate.aggregate_version} == metadata


async def test_without_metadata_or_correlation_id_an_event_is_one_all_the_same(outboxed: Outboxed) -> None:
    event = envelope()
    del event["metadata"], event["correlation_id"]
    marks = Marks()
    assert (await Ingest(outboxed.database, marks.table).process(encoded(event))).accepted == 1
    assert marks.handled[0].aggregate is None


async def test_a_handler_that_must_come_first_has_a_transaction_of_its_own(outboxed: Outboxed) -> None:
    transactions: list[int] = []

    async def handle(connection: AsyncConnection, _: Envelope, __: Happened) -> None:
        transactions.append((await connection.execute(text("SELECT pg_current_xact_id()::text::bigint"))).scalar_one())

    table = {KIND: Handler(Happened, one_by_one(handle), alone=True), OTHER: Handler(Happened, one_by_one(handle))}
    kinds = (OTHER, OTHER, KIND, KIND, OTHER, OTHER)
    await Ingest(outboxed.database, table).process(encoded(*(envelope(kind) for kind in kinds)))
    places = [sorted(set(transactions)).index(each) for each in transactions]
    assert places == [0, 0, 1, 2, 3, 3]


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_who_loses_a_deadlock_tries_again(outboxed: Outboxed, state: str) -> None:
    tries = []

    async def handle(connection: AsyncConnection, _: Envelope, __: Happened) -> None:
        tries.append(1)
        if len(tries) < 3:
            await connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"))

    answer = await Ingest(outboxed.database, {KIND: Handler(Happened, one_by_one(handle))}).process(encoded(envelope()))
    assert (answer.accepted, len(tries)) == (1, 3)


async def test_real_deadlocks_lose_nothing(outboxed: Outboxed) -> None:
    """A sender that is told to come again does so."""
    ingest, shared = Ingest(outboxed.database, Marks().table), [str(uuid4()) for _ in range(20)]
    lists = [[envelope(data={"aggregate_id": each}) for each in (shared, shared[::-1])[n % 2]] for n in range(4)]

    async def send(events: list[dict[str, Any]]) -> None:
        while True:
            with suppress(UnavailableError):
                assert (await ingest.process(encoded(*events))).dead == []
                return

    await asyncio.gather(*map(send, lists))
    assert await outboxed.rows(EFFECTS) == [(80,)]


async def test_a_connection_that_breaks_leaves_all_for_another_time(outboxed: Outboxed) -> None:
    broken: list[int] = []

    async def handle(connection: AsyncConnection, _: Envelope, data: Happened) -> None:
        if data.n == 3 and not broken:
            broken.append(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)
            async with outboxed.database.write() as other:
                await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": broken[0]})
            await asyncio.sleep(0.05)
        await Marks().handle(connection, _, data)

    ingest = Ingest(outboxed.database, {KIND: Handler(Happened, one_by_one(handle))})
    events = encoded(*(envelope(data={"aggregate_id": str(uuid4()), "n": n}) for n in range(6)))
    with pytest.raises(UnavailableError):
        await ingest.process(events)
    assert await outboxed.rows(EFFECTS) == [(0,)]
    assert await outboxed.rows("SELECT count(*) FROM dead_letters") == [(0,)]
    assert (await ingest.process(events)).accepted == 6


async def test_dead_events_are_told_by_their_place(outboxed: Outboxed) -> None:
    events = [envelope(), fault("bug"), {}, envelope(KIND), fault("unprocessable")]
    answer = await Ingest(outboxed.database, Marks().table).process(encoded(*events))
    assert [each.index for each in answer.dead] == [1, 2, 4]
    assert all(isinstance(each, DeadEvent) for each in answer.dead)


def _counted(event_type: str, outcome: str) -> float:
    value: float = INGESTED.labels(event_type, outcome)._value.get()
    return value


def _lag(event_type: str) -> tuple[float, float]:
    """How many, and their seconds together."""
    [family] = INGEST_LAG.collect()
    found = {each.name: each.value for each in family.samples if each.labels.get("type") == event_type}
    return found.get(f"{family.name}_count", 0), found.get(f"{family.name}_sum", 0)
