"""Refusals for good: counted, parked, and what an operator does then."""

from uuid import UUID, uuid4

import pytest
from starlette.responses import Response

from kit.events.operations import Operations, Stuck, operations
from tests.kit.events.outboxes import KIND, Outboxed, eventually, uuids
from tests.kit.events.subscriber import Events, Subscriber, accept, until
from tests.kit.events.test_relay import versions_of


def refusing(*aggregates: UUID, status: int = 400):  # type: ignore[no-untyped-def]
    """Of a list with a bad event nothing is taken."""
    bad = {str(each) for each in aggregates}

    async def answer(events: Events) -> Response:
        if any(event["metadata"]["aggregate_id"] in bad for event in events):
            return Response(b"bad", status)
        return await accept(events)

    return answer


async def parked(outboxed: Outboxed, n: int = 1) -> list[Stuck]:
    async def there() -> bool:
        return len(await found()) == n

    async def found() -> list[Stuck]:
        async with operations(outboxed.url) as on:
            return [row for row in await on.stuck(10) if row.parked_at]

    await eventually(there)
    return await found()


@pytest.mark.parametrize("status", [400, 413])
async def test_a_row_refused_n_times_parks_and_holds_back_its_aggregate_alone(
    outboxed: Outboxed, subscriber: Subscriber, status: int
) -> None:
    bad, *good = uuids(30)
    subscriber.answer = refusing(bad, status=status)
    [first, *_] = await outboxed.publish(bad, *good)
    await outboxed.publish(bad, *good)
    async with outboxed.relay({KIND: [subscriber.url]}):
        [row] = await parked(outboxed)
        await until(lambda: len(subscriber.events) == 58)
        await outboxed.publish(bad, *good)
        await until(lambda: len(subscriber.events) == 87)
    assert (row.event_id, row.aggregate_id, row.subscriber, row.attempts, row.behind, row.reason) == (
        *(first, bad, subscriber.url, 3, 1),
        f"{status}: bad",
    )
    alone = [events for events in subscriber.asked if [event["event_id"] for event in events] == [str(first)]]
    assert len(alone) == 3
    assert all(versions_of(subscriber, str(each)) == [1, 2, 3] for each in good)
    assert await outboxed.unpublished() == 3


async def test_the_list_is_split_until_what_is_bad_is_alone(outboxed: Outboxed, subscriber: Subscriber) -> None:
    bad = uuids(3)
    subscriber.answer = refusing(*bad)
    ids = await outboxed.publish(*uuids(200), *bad, *uuids(200))
    async with outboxed.relay({KIND: [subscriber.url]}):
        rows = await parked(outboxed, 3)
        await until(lambda: len(subscriber.events) == 400)
    assert {row.aggregate_id for row in rows} == set(bad)
    assert sorted(subscriber.ids()) == sorted(str(each) for each in ids if each not in {row.event_id for row in rows})
    assert len(subscriber.asked) < 100


async def test_a_smaller_subscriber_gets_shorter_lists(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async def at_most_ten(events: Events) -> Response:
        return await accept(events) if len(events) <= 10 else Response(status_code=413)

    subscriber.answer = at_most_ten
    await outboxed.publish(*uuids(300))
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    assert len(subscriber.events) == 300
    assert await outboxed.rows("SELECT max(attempts) FROM event_deliveries") == [(0,)]


async def test_retry_lets_it_go_on_in_order(outboxed: Outboxed, subscriber: Subscriber) -> None:
    bad = uuid4()
    subscriber.answer = refusing(bad)
    await outboxed.publish(bad, bad, bad)
    async with outboxed.relay({KIND: [subscriber.url]}):
        await parked(outboxed)
        subscriber.answer = accept
        async with operations(outboxed.url) as on:
            assert await on.retry(None, None) == 1
        await outboxed.published()
    assert versions_of(subscriber, str(bad)) == [1, 2, 3]


async def test_retry_counts_anew(outboxed: Outboxed, subscriber: Subscriber) -> None:
    bad = uuid4()
    subscriber.answer = refusing(bad)
    await outboxed.publish(bad)
    async with outboxed.relay({KIND: [subscriber.url]}):
        [row] = await parked(outboxed)
        async with operations(outboxed.url) as on:
            assert await on.retry([row.event_id], None) == 1
        await until(lambda: len(subscriber.asked) == 6)
        assert (await parked(outboxed))[0].attempts == 3


async def test_skip_gives_it_up_and_lets_the_rest_go_on(outboxed: Outboxed, subscriber: Subscriber) -> None:
    bad = uuid4()
    subscriber.answer = refusing(bad)
    await outboxed.publish(bad, bad)
    async with outboxed.relay({KIND: [subscriber.url]}):
        [row] = await parked(outboxed)
        subscriber.answer = accept
        async with operations(outboxed.url) as on:
            assert await on.skip([row.event_id], None) == 1
        await outboxed.published()
    assert versions_of(subscriber, str(bad)) == [2]


async def test_only_what_is_parked_can_be_retried_or_skipped(outboxed: Outboxed) -> None:
    [event_id] = await outboxed.publish(uuid4())
    async with outboxed.relay({KIND: ["http://127.0.0.1:1/"]}):
        await eventually(lambda: _some(outboxed))
        async with operations(outboxed.url) as on:
            assert (await on.retry([event_id], None), await on.skip([event_id], None)) == (0, 0)
    assert await outboxed.unpublished() == 1


async def test_another_subscriber_is_not_held_back(outboxed: Outboxed, subscriber: Subscriber) -> None:
    bad, other = uuid4(), Subscriber()
    subscriber.answer = refusing(bad)
    async with other.running(), outboxed.relay({KIND: [subscriber.url, other.url]}):
        await outboxed.publish(bad, bad)
        [row] = await parked(outboxed)
        assert row.subscriber == subscriber.url
        await until(lambda: len(other.events) == 2)
        assert await outboxed.unpublished() == 2
        async with operations(outboxed.url) as on:
            assert (await on.skip([row.event_id], other.url), await on.skip([row.event_id], subscriber.url)) == (0, 1)
        await until(lambda: len(subscriber.asked) > 3)
    assert versions_of(other, str(bad)) == [1, 2]


async def _some(outboxed: Outboxed) -> bool:
    async with operations(outboxed.url) as on:
        waiting = await on.waiting()
        return [each.pending for each in waiting] == [1] and await _tried(on)


async def _tried(on: Operations) -> bool:
    return [row.parked_at for row in await on.stuck(1)] == [None]
