"""Several relays on one outbox, and relays that are cut off."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from starlette.responses import Response

from kit.events.http import http_client, http_transport
from kit.events.lanes import share
from kit.events.relay import Relay
from kit.events.running import working
from tests.kit.events.outboxes import KIND, TERMS, Outboxed, eventually, uuids
from tests.kit.events.subscriber import Events, Subscriber, until
from tests.kit.events.test_relay import versions_of


@pytest.mark.parametrize("relays", [1, 2, 3, 5, 7, 16, 20])
def test_shares_are_fair_and_complete(relays: int) -> None:
    shares = [share(rank, relays) for rank in range(relays)]
    assert sum(shares) == 16
    assert max(shares) - min(shares) <= 1


async def test_relays_share_the_lanes_and_take_over(outboxed: Outboxed, subscriber: Subscriber) -> None:
    routes = {KIND: [subscriber.url]}
    async with outboxed.relay(routes) as first, AsyncExitStack() as others:
        await until(lambda: len(first.lanes) == 16)
        second = await others.enter_async_context(outboxed.relay(routes))
        await until(lambda: (len(first.lanes), len(second.lanes)) == (8, 8))
        third = await others.enter_async_context(outboxed.relay(routes))
        await until(lambda: sorted(len(each.lanes) for each in (first, second, third)) == [5, 5, 6])
        assert len(first.lanes | second.lanes | third.lanes) == 16
        await outboxed.publish(*uuids(300))
        await outboxed.published()
        await others.aclose()
        await until(lambda: len(first.lanes) == 16)
    assert len(subscriber.events) == 300


async def test_a_dead_relays_lanes_are_taken_over(outboxed: Outboxed, subscriber: Subscriber) -> None:
    routes = {KIND: [subscriber.url]}
    async with outboxed.relay(routes) as first, outboxed.relay(routes) as second:
        await until(lambda: (len(first.lanes), len(second.lanes)) == (8, 8))
        # As when its machine is gone: the server ends the session, and the relay does not come back at once.
        second._failures = 40
        await outboxed.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND classid = 25974 AND objid = :lane AND objsubid = 2",
            lane=min(second.lanes),
        )
        await until(lambda: len(first.lanes) == 16, 3)
        await outboxed.publish(*uuids(100))
        await outboxed.published()
        await until(lambda: (len(first.lanes), len(second.lanes)) == (8, 8))
    assert len(subscriber.events) == 100


async def test_order_holds_while_relays_come_and_go(outboxed: Outboxed, subscriber: Subscriber) -> None:
    routes, aggregates, writing = {KIND: [subscriber.url]}, uuids(25), True

    async def write() -> int:
        turns = 0
        while writing:
            await outboxed.publish(*aggregates)
            turns += 1
        return turns

    writer = asyncio.create_task(write())
    async with outboxed.relay(routes):
        for _ in range(4):
            async with outboxed.relay(routes), outboxed.relay(routes):
                await asyncio.sleep(0.3)
        writing = False
        turns = await writer
        await outboxed.published(30)
    for aggregate in aggregates:
        assert versions_of(subscriber, str(aggregate)) == list(range(1, turns + 1))


async def test_nothing_is_lost_when_relays_are_cancelled_at_any_moment(
    outboxed: Outboxed, subscriber: Subscriber
) -> None:
    aggregates, ids = uuids(10), []

    async with http_client("tests", "a-key") as client:
        for _ in range(40):
            ids += await outboxed.publish(*aggregates, uuid4())
            relay = Relay(outboxed.url, http_transport({KIND: [subscriber.url]}, client, seconds=5), TERMS)
            running = asyncio.create_task(relay.run())
            await asyncio.sleep(random.uniform(0, 0.12))  # noqa: S311
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            assert running.cancelled()
        await eventually(lambda: no_relay(outboxed))
        last = Relay(outboxed.url, http_transport({KIND: [subscriber.url]}, client, seconds=5), TERMS)
        async with working(last):
            await outboxed.published()
    assert set(subscriber.ids()) == set(map(str, ids))
    for aggregate in aggregates:
        assert versions_of(subscriber, str(aggregate)) == list(range(1, 41))


async def test_a_graceful_stop_finishes_what_is_under_way(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async def slow(_: Events) -> Response:
        await asyncio.sleep(0.5)
        return Response(status_code=202)

    subscriber.answer = slow
    await outboxed.publish(uuid4())
    async with outboxed.relay({KIND: [subscriber.url]}):
        await until(lambda: subscriber.asked)
    assert await outboxed.unpublished() == 0
    assert await locks(outboxed) == 0


async def test_a_stop_does_not_wait_for_ever(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async def stuck(_: Events) -> Response:
        await asyncio.sleep(3)
        return Response(status_code=202)

    subscriber.answer = stuck
    await outboxed.publish(uuid4())
    async with http_client("tests", "a-key") as client:
        relay = Relay(outboxed.url, http_transport({KIND: [subscriber.url]}, client, seconds=5), TERMS)
        async with working(relay, stop_seconds=0.3):
            await until(lambda: subscriber.asked)
            begun = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begun < 1.5
    assert await outboxed.unpublished() == 1


async def test_the_database_may_go_away(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async with outboxed.relay({KIND: [subscriber.url]}) as relay:
        for _ in range(3):
            await until(lambda: len(relay.lanes) == 16)
            await outboxed.publish(*uuids(50))
            async with outboxed.database.write() as connection:
                await connection.execute(text(f"SELECT pg_terminate_backend(pid) {RELAYS}"))
        await outboxed.published()
    assert len(set(subscriber.ids())) == 150


async def test_what_waits_for_a_subscriber_that_is_none_any_more_is_routed_anew(
    outboxed: Outboxed, subscriber: Subscriber
) -> None:
    aggregate = uuid4()
    await outboxed.publish(aggregate, aggregate)
    async with outboxed.relay({KIND: ["http://127.0.0.1:1/moved"]}):
        await eventually(lambda: has(outboxed, "event_deliveries", 2))
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    assert versions_of(subscriber, str(aggregate)) == [1, 2]


async def test_what_has_all_its_deliveries_is_published_though_nobody_said_so(outboxed: Outboxed) -> None:
    """Two that finish at once may each see the other's delivery as still to come."""
    await outboxed.publish(uuid4())
    async with outboxed.relay({KIND: ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"]}):
        await eventually(lambda: has(outboxed, "event_deliveries", 2))
    async with outboxed.database.write() as connection:
        await connection.execute(text("UPDATE event_deliveries SET delivered_at = now()"))
    async with outboxed.relay({KIND: ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"]}):
        await outboxed.published()


async def test_published_events_are_purged_after_their_time(outboxed: Outboxed, subscriber: Subscriber) -> None:
    await outboxed.publish(*uuids(1200))
    async with outboxed.relay({KIND: [subscriber.url]}):
        await outboxed.published()
    async with outboxed.database.write() as connection:
        await connection.execute(
            text(
                "UPDATE event_outbox SET published_at = now() - interval '8 days'"
                " WHERE position < (SELECT min(position) + 1100 FROM event_outbox)"
            )
        )
    async with outboxed.relay({KIND: [subscriber.url]}, terms=replace(TERMS, retention=timedelta(days=7))):
        await eventually(lambda: has(outboxed, "event_outbox", 100))
    assert await has(outboxed, "event_deliveries", 100)


RELAYS = "FROM pg_stat_activity WHERE application_name = 'event relay'"


async def no_relay(outboxed: Outboxed) -> bool:
    return await outboxed.rows(f"SELECT pid {RELAYS}") == []


async def has(outboxed: Outboxed, table: str, rows: int) -> bool:
    return await outboxed.rows(f"SELECT count(*) FROM {table}") == [(rows,)]  # noqa: S608


async def locks(outboxed: Outboxed) -> int:
    [[n]] = await outboxed.rows(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = 25974 AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    assert isinstance(n, int)
    return n
