"""Several consumers share the partitions, and hand them over without losing an event or doing one twice."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.typing import EventDict

from kit.events.envelope import Envelope
from kit.events.kafka import membership
from tests.kit.events.consuming import EFFECTS, Topic
from tests.kit.events.incoming import Happened, Marks, encoded
from tests.kit.events.outboxes import Outboxed, eventually
from tests.kit.events.subscriber import until
from tests.support.kafka import Kafka


@pytest.fixture
def topic(kafka: Kafka, outboxed: Outboxed) -> Topic:
    return Topic(kafka, outboxed)


async def spread(topic: Topic, n: int) -> list[str]:
    """Over all partitions. Answers the event ids."""
    events = topic.events(n)
    async with topic.kafka.producer() as producer:
        for body in encoded(*events):
            await producer.send(topic.name, body, key=str(uuid4()).encode())
    return [event["event_id"] for event in events]


def handled(*members: Marks) -> list[str]:
    return [str(each.event_id) for marks in members for each in marks.handled]


async def test_two_share_the_partitions_and_one_takes_over_from_the_other(topic: Topic) -> None:
    first, second = Marks(), Marks()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(topic.consumed(first))
        sent = await spread(topic, 40)
        await topic.committed(40)
        async with topic.consumed(second):
            await both(topic, first, second, sent)
        sent += await spread(topic, 40)
        await topic.committed(len(sent))
    assert sorted(handled(first, second)) == sorted(sent), "each once"
    assert await topic.outboxed.rows(EFFECTS) == [(len(sent),)]


async def both(topic: Topic, first: Marks, second: Marks, sent: list[str]) -> None:
    """Writes until each of them has got something since the second joined."""
    before = len(first.handled), len(second.handled)

    async def shared() -> bool:
        sent.extend(await spread(topic, 20))
        await topic.committed(len(sent))
        return bool(second.handled) and len(first.handled) > before[0]

    await eventually(shared, 40)
    before = len(first.handled), len(second.handled)
    sent.extend(await spread(topic, 60))
    await topic.committed(len(sent))
    assert len(first.handled) > before[0]
    assert len(second.handled) > before[1]


class Held(Marks):
    """Each of its events waits for its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = asyncio.Semaphore(0)
        self.begun = asyncio.Event()

    async def handle(self, connection: AsyncConnection, event: Envelope, data: Happened) -> None:
        self.begun.set()
        await self.turn.acquire()
        await super().handle(connection, event, data)


def joins(logged: list[EventDict]) -> int:
    """How often a member was given partitions."""
    return sum(each["event"] == "partitions assigned" for each in logged)


async def test_partitions_go_when_what_is_in_hand_is_committed(topic: Topic, logged: list[EventDict]) -> None:
    first, second = Held(), Marks()
    sent = await spread(topic, 20)
    async with topic.consumed(first) as member:
        await first.begun.wait()
        async with topic.consumed(second):
            await until(lambda: member._member and member._member.called.is_set())
            await asyncio.sleep(1.5)  # as long as they would take to go over
            assert joins(logged) == 1
            for _ in range(20):
                first.turn.release()
            await topic.committed(20, 40)
    assert sorted(handled(first, second)) == sorted(sent), "none was handed over in the middle"


async def test_what_is_in_hand_for_too_long_is_a_duplicate_for_who_is_late(
    topic: Topic, monkeypatch: pytest.MonkeyPatch, logged: list[EventDict]
) -> None:
    monkeypatch.setattr(membership, "_HANDOVER_SECONDS", 0.2)
    monkeypatch.setattr(membership, "_REBALANCE_MS", 4000)
    first, second = Held(), Marks()
    sent = await spread(topic, 20)
    async with topic.consumed(first):
        await first.begun.wait()
        async with topic.consumed(second):
            # The first holds its transaction, and the second waits for it in the database, or has other partitions.
            await until(lambda: joins(logged) == 3)
            for _ in range(40):
                first.turn.release()
            await topic.committed(20, 40)
    assert await topic.outboxed.rows(EFFECTS) == [(20,)]
    assert set(handled(first, second)) == set(sent)


async def test_who_waits_for_its_database_keeps_its_place(topic: Topic, logged: list[EventDict]) -> None:
    """However long that takes: its heartbeats go on."""
    async with topic.consumed(Marks()):
        await topic.write(*topic.events(1))
        await topic.committed(1)
        async with topic.without_database():
            sent = await spread(topic, 10)
            await asyncio.sleep(3)  # longer than a session
        await topic.committed(1 + len(sent))
    waits = [each for each in logged if each["event"] == "events wait"]
    assert len(waits) > 3
    assert joins(logged) == 1


async def test_what_waits_for_the_database_does_not_keep_partitions_from_others(
    topic: Topic, logged: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "_HANDOVER_SECONDS", 60)
    marks = Marks(), Marks()
    sent = await spread(topic, 10)
    async with topic.without_database(), topic.consumed(marks[0]):
        await topic.waits(1)
        async with topic.consumed(marks[1]):
            await until(lambda: joins(logged) == 3, 20)
    async with topic.consumed(marks[0]):
        await topic.committed(10)
    assert sorted(handled(*marks)) == sorted(sent)
