"""The outbox to Kafka: acknowledged, in the order of each aggregate, whatever the brokers are doing."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from structlog.typing import EventDict

from kit.events.kafka import producer
from kit.events.kafka.topics import kafka_transport
from kit.events.relay import Relay, Terms
from tests.kit.events.outboxes import PACE, TERMS, Outboxed, eventually, uuids
from tests.kit.events.subscriber import until
from tests.support.kafka import NOT_LEADER, PRODUCE, TOO_LARGE, UNKNOWN_TOPIC, Kafka, a_name

WAITING = """
    SELECT event_type, attempts, parked_at IS NOT NULL, last_error
    FROM event_deliveries JOIN event_outbox USING (position) WHERE delivered_at IS NULL ORDER BY position
"""
PARKING = Terms(replace(PACE, tries=1), timedelta(days=7), rebalance=0.05)


@asynccontextmanager
async def relay(outboxed: Outboxed, kafka: Kafka, *, terms: Terms = TERMS, seconds: float = 20) -> AsyncIterator[Relay]:
    async with (
        kafka_transport(kafka.servers, "tests", seconds=seconds) as transport,
        outboxed.relay_to(transport, terms=terms) as running,
    ):
        yield running


async def versions(kafka: Kafka, topic: str) -> dict[UUID, list[int]]:
    """Of each aggregate, in the order in which consumers see them for the first time."""
    found: dict[UUID, list[int]] = defaultdict(list)
    for record in await kafka.read(topic):
        metadata = json.loads(record.value)["metadata"]
        seen = found[UUID(metadata["aggregate_id"])]
        if metadata["aggregate_version"] not in seen:
            seen.append(metadata["aggregate_version"])
    return found


async def test_a_record_is_the_envelope_by_the_key_of_its_aggregate(outboxed: Outboxed, kafka: Kafka) -> None:
    topic, aggregate = a_name("t"), uuid4()
    event_ids = await outboxed.publish(*[aggregate] * 3, kind=topic)
    async with relay(outboxed, kafka):
        await outboxed.published()
    records = await kafka.read(topic)
    envelopes = [json.loads(record.value) for record in records]
    assert [(each["event_id"], each["event_type"], each["metadata"]) for each in envelopes] == [
        (str(event_id), topic, {"aggregate_id": str(aggregate), "aggregate_version": n})
        for n, event_id in enumerate(event_ids, 1)
    ]
    assert {record.key for record in records} == {str(aggregate).encode()}
    assert [dict(record.headers) for record in records] == [
        {"event_id": each["event_id"].encode(), "correlation_id": each["correlation_id"].encode()} for each in envelopes
    ]


async def test_nothing_is_lost_and_order_kept_while_brokers_come_and_go(outboxed: Outboxed, kafka: Kafka) -> None:
    topic, aggregates = a_name("t"), uuids(30)
    kafka.down()
    async with relay(outboxed, kafka):
        for n in range(4):
            await outboxed.publish(*aggregates, *aggregates, kind=topic)
            kafka.up()
            await eventually(lambda n=n: outboxed.left(0) if n % 2 else some(outboxed), 20)  # type: ignore[misc]
            kafka.down()
        kafka.up()
        await outboxed.published(20)
    assert await versions(kafka, topic) == {each: list(range(1, 9)) for each in aggregates}
    assert await outboxed.rows("SELECT count(*) FROM event_deliveries WHERE attempts > 0") == [(0,)]


async def some(outboxed: Outboxed) -> bool:
    [[n]] = await outboxed.rows("SELECT count(*) FROM event_outbox WHERE published_at IS NOT NULL")
    return bool(n)


async def test_a_record_that_a_broker_finds_too_large_holds_back_its_aggregate_alone(
    outboxed: Outboxed, kafka: Kafka
) -> None:
    topic, aggregates = a_name("t"), uuids(3)
    kafka.make(topic, 1)
    # All three go together and are refused together; then each alone, and it is the second.
    kafka.answer(PRODUCE, TOO_LARGE, 0, TOO_LARGE, 0)
    await outboxed.publish(*aggregates, *aggregates, kind=topic)
    async with relay(outboxed, kafka, terms=PARKING):
        await eventually(lambda: outboxed.left(2))
    assert await outboxed.rows(WAITING) == [
        (topic, 1, True, "MessageSizeTooLargeError()"),
        (topic, 0, False, None),
    ]
    [[parked]] = await outboxed.rows("SELECT aggregate_id FROM event_deliveries WHERE parked_at IS NOT NULL")
    assert await versions(kafka, topic) == {each: [1, 2] for each in aggregates if each != parked}


async def test_a_record_that_no_broker_would_take_is_not_even_sent(outboxed: Outboxed, kafka: Kafka) -> None:
    topic, large, small = a_name("t"), *uuids(2)
    await outboxed.publish(large, kind=topic, text="x" * 17 * 1024 * 1024)
    await outboxed.publish(small, small, kind=topic)
    async with relay(outboxed, kafka, terms=PARKING):
        await eventually(lambda: outboxed.left(1), 20)
    [(kind, attempts, parked, reason)] = await outboxed.rows(WAITING)
    assert (kind, attempts, parked) == (topic, 1, True)
    assert reason.startswith("MessageSizeTooLargeError('The message is 178")
    assert await versions(kafka, topic) == {small: [1, 2]}


async def test_a_missing_topic_is_waited_for_and_in_no_others_way(
    outboxed: Outboxed, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer, "_TOPIC_SECONDS", 0.3)
    missing, known, aggregate = a_name("missing"), a_name("known"), uuid4()
    kafka.deny(missing, UNKNOWN_TOPIC)
    await outboxed.publish(aggregate, kind=missing)
    await outboxed.publish(*uuids(20), kind=known)
    async with relay(outboxed, kafka):
        await eventually(lambda: outboxed.left(1))
        await eventually(lambda: told(outboxed))
        reason = f"KafkaError('the brokers know no topic {missing}')"
        assert await outboxed.rows(WAITING) == [(missing, 0, False, reason)]
        kafka.deny(missing, 0)
        await outboxed.published()
    assert await versions(kafka, missing) == {aggregate: [1]}
    assert len(await versions(kafka, known)) == 20


async def told(outboxed: Outboxed) -> bool:
    return [reason for *_, reason in await outboxed.rows(WAITING)] != [None]


async def test_a_moved_leader_is_found_without_counting(outboxed: Outboxed, kafka: Kafka) -> None:
    topic, aggregate = a_name("t"), uuid4()
    kafka.answer(PRODUCE, NOT_LEADER, NOT_LEADER)
    await outboxed.publish(aggregate, kind=topic)
    async with relay(outboxed, kafka):
        await outboxed.published()
    assert await outboxed.rows("SELECT attempts, last_error FROM event_deliveries") == [(0, None)]
    assert await versions(kafka, topic) == {aggregate: [1]}


async def test_a_broker_that_does_not_answer_hangs_nothing(
    outboxed: Outboxed, kafka: Kafka, logged: list[EventDict]
) -> None:
    topic, aggregates = a_name("t"), uuids(5)
    before = asyncio.all_tasks()
    async with relay(outboxed, kafka, seconds=0.5):
        await outboxed.publish(*aggregates, kind=topic)
        await outboxed.published()
        kafka.latency(20_000)
        await outboxed.publish(*aggregates, kind=topic)
        await until(lambda: any("no acknowledgement in 0.5 s" in each.get("reason", "") for each in logged))
    try:
        await until(lambda: asyncio.all_tasks() <= before)
    finally:
        kafka.latency(0)
    async with relay(outboxed, kafka):
        await outboxed.published()
    assert await versions(kafka, topic) == {each: [1, 2] for each in aggregates}
