"""The relay over HTTP, with a real database and a real subscriber."""

import asyncio
import time
from uuid import uuid4

from starlette.responses import Response

from kit.events.outbox import Event
from kit.events.relay import Relay
from tests.kit.events.outboxes import KIND, Outboxed, Thing, uuids
from tests.kit.events.subscriber import Events, Subscriber, accept, until


async def test_events_arrive_with_credentials_and_correlation_id(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async with outboxed.relay({KIND: [subscriber.url]}):
        [event_id] = await outboxed.publish(uuid4())
        await outboxed.published()
    assert subscriber.ids() == [str(event_id)]
    [headers], [event] = subscriber.headers, subscriber.events
    told = {name: headers[name] for name in ("x-internal-api-key", "x-service-id", "x-correlation-id", "content-type")}
    assert told == {
        "x-internal-api-key": "a-key",
        "x-service-id": "tests",
        "x-correlation-id": event["correlation_id"],
        "content-type": "application/json",
    }


async def test_lists_go_across_aggregates_and_an_aggregate_waits_for_its_acknowledgement(
    outboxed: Outboxed, subscriber: Subscriber
) -> None:
    aggregates = uuids(50)
    ids = [event_id for _ in range(4) for event_id in await outboxed.publish(*aggregates)]
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    assert sorted(subscriber.ids()) == sorted(map(str, ids))
    assert len(subscriber.accepted) <= 8
    for events in subscriber.accepted:
        assert len({event["metadata"]["aggregate_id"] for event in events}) == len(events)
    for aggregate in aggregates:
        assert versions_of(subscriber, str(aggregate)) == [1, 2, 3, 4]


async def test_a_list_has_at_most_a_thousand_events_and_4_mib(outboxed: Outboxed, subscriber: Subscriber) -> None:
    await outboxed.publish(*uuids(1500))
    await outboxed.publish(*uuids(12), text="x" * 1_000_000)
    sizes: list[int] = []

    async def measured(events: Events) -> Response:
        sizes.append(len(events))
        return await accept(events)

    subscriber.answer = measured
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    assert (sum(sizes), max(sizes) <= 1000) == (1512, True)
    assert max(int(headers["content-length"]) for headers in subscriber.headers) <= 4 * 1024 * 1024


async def test_an_event_over_the_limit_goes_alone(outboxed: Outboxed, subscriber: Subscriber) -> None:
    await outboxed.publish(*uuids(3))
    await outboxed.publish(uuid4(), text="x" * 5_000_000)
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    assert 1 in {len(events) for events in subscriber.accepted if len(events[0]["data"]["text"]) > 1000}
    assert len(subscriber.events) == 4


async def test_a_type_without_subscribers_counts_as_published(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.publish(uuid4(), kind="test.nobody.listens.v1")
        await outboxed.published()
    assert subscriber.asked == []
    assert await outboxed.rows("SELECT * FROM event_deliveries") == []


async def test_a_star_stands_for_every_type(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async with outboxed.relay({"*": [subscriber.url], KIND: [subscriber.url]}):
        ids = [*await outboxed.publish(uuid4(), kind="test.any.v1"), *await outboxed.publish(uuid4())]
        await outboxed.published()
    assert sorted(subscriber.ids()) == sorted(map(str, ids))


async def test_a_notification_is_enough(outboxed: Outboxed, subscriber: Subscriber) -> None:
    """Normally an event is with its subscriber within 100 ms; the poll alone would take much longer."""
    async with outboxed.relay({KIND: [subscriber.url]}) as relay:
        await ready(relay)
        await asyncio.sleep(0.2)
        took = []
        for n in range(20):
            begun = time.perf_counter()
            await outboxed.publish(uuid4())
            await until(lambda n=n: len(subscriber.events) > n)  # type: ignore[misc]
            took.append(time.perf_counter() - begun)
    assert sorted(took)[15] < 0.1, took


async def test_without_notifications_the_poll_finds_it(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async with outboxed.relay({KIND: [subscriber.url]}, listening=False) as relay:
        await ready(relay)
        await asyncio.sleep(0.1)
        await outboxed.publish(uuid4())
        await outboxed.published(3)
    assert len(subscriber.events) == 1


async def test_a_slow_writer_is_not_overtaken(outboxed: Outboxed, subscriber: Subscriber) -> None:
    """A position drawn earlier may be committed later; nothing may have gone past it for good."""
    slow, quick = uuids(2)
    async with outboxed.relay({KIND: [subscriber.url]}):
        async with outboxed.database.write() as connection:
            await outboxed.outbox.publish(connection, Event(KIND, slow, Thing(1)))
            await outboxed.publish(quick)
            await until(lambda: len(subscriber.events) == 1)
        await outboxed.publish(slow)
        await outboxed.published()
    assert versions_of(subscriber, str(slow)) == [1, 2]


async def ready(relay: Relay) -> None:
    await until(lambda: len(relay.lanes) == 16)


def versions_of(subscriber: Subscriber, aggregate: str) -> list[int]:
    """In the order of arrival, each the first time."""
    found = [
        event["metadata"]["aggregate_version"]
        for event in subscriber.events
        if event["metadata"]["aggregate_id"] == aggregate
    ]
    return list(dict.fromkeys(found))
