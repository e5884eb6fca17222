"""Events in from Kafka: each takes effect once, none is lost, and nothing bad is in the way of what follows."""

import asyncio
from contextlib import suppress

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import metrics
from kit.events.envelope import Envelope
from kit.events.kafka import consumer, membership
from tests.kit.events.consuming import EFFECTS, Topic
from tests.kit.events.incoming import Happened, Marks, encoded, envelope
from tests.kit.events.outboxes import Outboxed
from tests.kit.events.subscriber import until
from tests.support.kafka import PRODUCE, TOO_LARGE, UNKNOWN_TOPIC, Kafka

LETTERS = """
    SELECT CAST(event_id AS text), event_type, reason, body, headers FROM dead_letters
    ORDER BY headers ->> 'dead_letter_offset'
"""


@pytest.fixture
def topic(kafka: Kafka, outboxed: Outboxed) -> Topic:
    return Topic(kafka, outboxed)


async def test_each_takes_effect_once_though_it_is_delivered_twice(topic: Topic) -> None:
    marks, events = Marks(), topic.events(20)
    await topic.write(*events, *events[::2])
    async with topic.consumed(marks):
        await topic.committed(30)
        await topic.write(*events[1::2])
        await topic.committed(40)
    assert [str(each.event_id) for each in marks.handled] == [each["event_id"] for each in events]
    assert await topic.outboxed.rows(EFFECTS) == [(20,)]


async def test_who_starts_again_goes_on_where_it_left(topic: Topic) -> None:
    first, second = topic.events(3), topic.events(3)
    marks = Marks(), Marks()
    await topic.write(*first)
    async with topic.consumed(marks[0]):
        await topic.handled(marks[0], 3)
    # The batch under way was finished and committed, and the group left: the next need not wait for us.
    assert await topic.kafka.committed(topic.group, topic.name) == 3
    await topic.write(*second)
    async with topic.consumed(marks[1]):
        await topic.committed(6, 10)
    handled = [[str(each.event_id) for each in each.handled] for each in marks]
    assert handled == [[each["event_id"] for each in events] for events in (first, second)]


async def test_without_a_database_the_offset_waits(topic: Topic) -> None:
    marks, events = Marks(), topic.events(5)
    lag = metrics.CONSUMER_LAG.labels(topic.name)
    await topic.write(*events)
    async with topic.without_database(), topic.consumed(marks):
        await topic.waits(3)
        assert lag._value.get() == 5
    assert await topic.kafka.committed(topic.group, topic.name) == 0
    async with topic.consumed(marks):
        await topic.committed(5)
        await until(lambda: lag._value.get() == 0)
    assert [str(each.event_id) for each in marks.handled] == [each["event_id"] for each in events]


async def test_a_database_that_returns_gets_what_was_in_hand_in_order(topic: Topic) -> None:
    marks, events = Marks(), topic.events(20)
    async with topic.consumed(marks):
        await topic.write(*events[:5])
        await topic.committed(5)
        async with topic.without_database():
            await topic.write(*events[5:])
            await topic.waits(2)
        await topic.committed(20)
    assert [str(each.event_id) for each in marks.handled] == [each["event_id"] for each in events]


async def test_what_cannot_be_processed_is_a_dead_letter_and_the_partition_moves_on(topic: Topic) -> None:
    marks = Marks()
    good, other = topic.events(2)
    unknown = envelope("nobody.handles.this.v1")
    unprocessable = topic.events(1, data={"aggregate_id": good["event_id"], "fault": "unprocessable"})[0]
    bodies = [b"{", *encoded(good, unprocessable, unknown, other)]
    headers = [("traceparent", b"00-\xff"), ("x", b"1"), ("x", b"a\0b")]
    await topic.kafka.write(topic.name, *bodies, None, key=b"a-key", headers=headers)
    async with topic.consumed(marks):
        await topic.committed(6)
    assert await topic.outboxed.rows(EFFECTS) == [(2,)]

    records = await topic.kafka.read(topic.name)
    reasons = {0: "Input data was truncated", 2: "the class is unknown", 5: "there is no value"}
    at = {"dead_letter_topic": topic.name, "dead_letter_partition": str(records[0].partition)}
    kept = {n: {"traceparent": "00-\ufffd", "x": "ab", **at, "dead_letter_offset": str(n)} for n in reasons}
    assert await topic.outboxed.rows(LETTERS) == [
        (None, None, reasons[0], b"{", kept[0]),
        (unprocessable["event_id"], topic.name, reasons[2], bodies[2], kept[2]),
        (None, None, reasons[5], b"", kept[5]),
    ]
    letters = sorted(await topic.kafka.read(topic.dead), key=lambda each: dict(each.headers)["dead_letter_offset"])
    assert [(each.key, each.value) for each in letters] == [(b"a-key", records[n].value) for n in reasons]
    assert [list(each.headers) for each in letters] == [
        [
            *headers,
            ("dead_letter_reason", reason.encode()),
            ("dead_letter_topic", topic.name.encode()),
            ("dead_letter_partition", str(records[n].partition).encode()),
            ("dead_letter_offset", str(n).encode()),
            ("dead_letter_group", topic.group.encode()),
        ]
        for n, reason in reasons.items()
    ]


async def test_a_record_that_is_too_large_is_not_even_looked_at(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "MAX_VALUE_BYTES", 2000)
    monkeypatch.setattr(consumer, "_KEPT_BYTES", 10)
    marks, (good,) = Marks(), topic.events(1)
    await topic.kafka.write(topic.name, b"[" * 2001, *encoded(good))
    async with topic.consumed(marks):
        await topic.committed(2)
    assert len(marks.handled) == 1
    assert [row[2:4] for row in await topic.outboxed.rows(LETTERS)] == [("larger than 2000 bytes", b"[" * 10)]
    assert [each.value for each in await topic.kafka.read(topic.dead)] == [b"[" * 2001]


async def test_a_letter_that_the_topic_refuses_goes_without_its_value(topic: Topic) -> None:
    marks, (good,) = Marks(), topic.events(1)
    await topic.kafka.write(topic.name, b"bad", *encoded(good))
    topic.kafka.answer(PRODUCE, TOO_LARGE)
    async with topic.consumed(marks):
        await topic.committed(2)
    [letter] = await topic.kafka.read(topic.dead)
    assert (letter.value, dict(letter.headers)["dead_letter_offset"]) == (None, b"0")
    assert len(marks.handled) == 1


async def test_no_offset_is_committed_before_the_dead_letter_is_told(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.events.kafka.producer._TOPIC_SECONDS", 0.3)
    topic.kafka.deny(topic.dead, UNKNOWN_TOPIC)
    await topic.kafka.write(topic.name, b"bad")
    async with topic.consumed(Marks()):
        await topic.waits(2)
        assert await topic.kafka.committed(topic.group, topic.name) == 0
        topic.kafka.deny(topic.dead, 0)
        await topic.committed(1)
    assert [each.value for each in await topic.kafka.read(topic.dead)] == [b"bad"]
    assert await topic.outboxed.rows("SELECT count(*) > 0 FROM dead_letters") == [(True,)]


async def test_brokers_that_are_away_at_the_start_and_later_are_waited_for(topic: Topic) -> None:
    marks, events = Marks(), topic.events(30)
    await topic.write(*events[:10])
    topic.kafka.down()
    async with topic.consumed(marks):
        await topic.waits(2, "kafka")
        topic.kafka.up()
        await topic.handled(marks, 10)
        for part in (events[10:20], events[20:]):
            topic.kafka.down()
            await asyncio.sleep(0.3)
            topic.kafka.up()
            await topic.write(*part)
        await topic.committed(30, 30)
    assert [str(each.event_id) for each in marks.handled] == [each["event_id"] for each in events]


async def test_brokers_that_fall_silent_are_looked_up_anew(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "_SILENCE_SECONDS", 1)
    marks = Marks()
    async with topic.consumed(marks):
        await topic.write(*topic.events(1))
        await topic.committed(1)
        topic.kafka.down()
        await topic.waits(2, "kafka")
        topic.kafka.up()
        await topic.write(*topic.events(1))
        await topic.committed(2)
    assert len(marks.handled) == 2


async def test_who_stops_while_brokers_are_away_leaves_nothing_behind(topic: Topic) -> None:
    await topic.write(*topic.events(1))
    before = asyncio.all_tasks()
    async with topic.consumed(Marks()):
        await topic.committed(1)
        topic.kafka.down()
        await asyncio.sleep(0.5)
    try:
        await until(lambda: asyncio.all_tasks() <= before)
    finally:
        topic.kafka.up()


async def test_a_topic_that_is_made_later_is_in_no_others_way(topic: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "_METADATA_MS", 300)
    later = Topic(topic.kafka, topic.outboxed, group=topic.group)
    topic.kafka.deny(later.name, UNKNOWN_TOPIC)
    topic.others = [later.name]
    await topic.write(*topic.events(2))
    async with topic.consumed(Marks()):
        await topic.committed(2)
        topic.kafka.deny(later.name, 0)
        await later.write(*later.events(2))
        await later.committed(2)


class Slow(Marks):
    """Its first event waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def handle(self, connection: AsyncConnection, event: Envelope, data: Happened) -> None:
        self.begun.set()
        await self.go.wait()
        await super().handle(connection, event, data)


async def test_what_is_under_way_is_finished_and_committed_on_the_way_out(topic: Topic) -> None:
    marks = Slow()
    await topic.write(*topic.events(3))
    member = topic.consumer(marks)
    running = asyncio.create_task(member.run())
    await marks.begun.wait()
    member.stop()
    marks.go.set()
    await running
    assert await topic.kafka.committed(topic.group, topic.name) == 3
    assert await topic.outboxed.rows(EFFECTS) == [(3,)]


async def test_what_is_cut_off_is_neither_done_nor_committed(topic: Topic) -> None:
    marks = Slow()
    await topic.write(*topic.events(3))
    running = asyncio.create_task(topic.consumer(marks).run())
    await marks.begun.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await topic.kafka.committed(topic.group, topic.name) == 0
    assert await topic.outboxed.rows(EFFECTS) == [(0,)]
