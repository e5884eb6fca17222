"""However many follow a teacher: one poll that waits per service, and each of them is told everything once."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from gateway.live.cursor import NOW, Cursor
from gateway.live.hub import Hub, Subscriber
from ras_service import contract as ras
from tests.gateway.live.peers import Peer, signed_in
from tests.gateway.live.system import SECONDS, Gateway, System, Teacher, until

UPDATES = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor class { name } } }"
NAMED = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor at } }"


async def types(peer: Peer, n: int) -> dict[str, list[str]]:
    """Of so many messages, by operation."""
    heard: dict[str, list[str]] = {}
    for _ in range(n):
        message = await peer.receive()
        heard.setdefault(message["id"], []).append(message["payload"]["data"]["teacherUpdates"]["type"])
    return heard


async def test_two_hundred_subscribers_are_one_waiting_poll_per_service(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    batch_id = await teacher.a_batch()
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(signed_in(gateway.url, teacher.user_id)) for _ in range(4)]
        for peer in peers:
            for n in range(50):
                await peer.subscribe(str(n), NAMED)
        await gateway.subscribed(200)
        await system.followed(1)
        await teacher.a_class("for all")
        await teacher.status(batch_id, 1)
        for peer in peers:
            heard = await types(peer, 100)
            assert len(heard) == 50
            assert {tuple(sorted(each)) for each in heard.values()} == {("BATCH_STATUS_UPDATED", "CLASS_CREATED")}
        await system.followed(1)
    await system.followed(0)


async def test_the_poll_goes_with_the_last_who_leaves(system: System, gateway: Gateway, teacher: Teacher) -> None:
    async with signed_in(gateway.url, teacher.user_id) as one:
        await one.subscribe("1", NAMED)
        async with signed_in(gateway.url, teacher.user_id) as other:
            await other.subscribe("1", NAMED)
            await gateway.subscribed(2)
        await gateway.subscribed(1)
        await system.followed(1)
        await teacher.a_class("still told")
        assert (await one.next())["teacherUpdates"]["type"] == "CLASS_CREATED"
    await system.followed(0)


async def test_only_so_many_teachers_can_be_followed(system: System) -> None:
    async with system.gateway(live_connections=2) as gateway, AsyncExitStack() as stack:
        first = system.teacher()
        for teacher in (first, system.teacher()):
            peer = await stack.enter_async_context(signed_in(gateway.url, teacher.user_id))
            await peer.subscribe("1", NAMED)
        await gateway.subscribed(2)
        async with signed_in(gateway.url, system.teacher().user_id) as third:
            await third.subscribe("1", NAMED)
            error = await third.error()
            assert error["message"] == "No more than 2 teachers can be followed at once."
            assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("SERVICE_UNAVAILABLE", True)
        async with signed_in(gateway.url, first.user_id) as again:
            await again.subscribe("1", NAMED)
            await gateway.subscribed(3)


@pytest.fixture
def hub(gateway: Gateway) -> Hub:
    found = gateway.state["live"]
    assert isinstance(found, Hub)
    return found


async def names(subscriber: Subscriber, n: int) -> list[str]:
    told = [await subscriber.next() for _ in range(n)]
    return [each.update.payload.name for each in told]  # type: ignore[union-attr]


async def test_who_resumes_catches_up_and_goes_on_with_the_others(
    system: System, gateway: Gateway, hub: Hub, teacher: Teacher
) -> None:
    """While more is told all the time, from many positions: each of the rest once, and in order."""
    n, begun = 300, asyncio.Event()

    async def tell() -> None:
        for number in range(n):
            await teacher.a_class(str(number))
            if number == 150:
                begun.set()
        await teacher.a_class("end")

    with hub.follow(teacher.user_id, NOW, lambda _: True) as first:
        await gateway.subscribed(1)
        telling = asyncio.create_task(tell())
        heard: list[Any] = [await first.next() for _ in range(100)]
        await begun.wait()

        async def resumed(at: int) -> list[str]:
            with hub.follow(teacher.user_id, heard[at].cursor, lambda _: True) as subscriber:
                found: list[str] = []
                while not found or found[-1] != "end":
                    found += await names(subscriber, 1)
                return found

        places = [0, 1, 50, 98, 99, 99, 10, 20]
        results = await asyncio.gather(*(resumed(at) for at in places))
        await telling
    for at, found in zip(places, results, strict=True):
        assert found == [*map(str, range(at + 1, n)), "end"]


async def test_catching_up_needs_no_waiting_poll_of_its_own(
    system: System, gateway: Gateway, hub: Hub, teacher: Teacher
) -> None:
    with hub.follow(teacher.user_id, NOW, lambda _: True) as first:
        await gateway.subscribed(1)
        await teacher.a_class("0")
        start = (await first.next()).cursor
        for number in range(1, 251):
            await teacher.a_class(str(number))
        await names(first, 250)
        with hub.follow(teacher.user_id, start, lambda _: True) as second:
            assert await names(second, 250) == [str(number) for number in range(1, 251)]
            await system.followed(1)


async def test_what_is_kept_for_a_slow_reader_is_bounded_and_nothing_is_lost(system: System, teacher: Teacher) -> None:
    async with system.gateway(max_waiting_updates=200) as gateway:
        hub = gateway.state["live"]
        with hub.follow(teacher.user_id, NOW, lambda _: True) as slow:
            with hub.follow(teacher.user_id, NOW, lambda _: True) as fast:
                await gateway.subscribed(2)
                for number in range(0, 600, 50):
                    for each in range(number, number + 50):
                        await teacher.a_class(str(each))
                    assert await names(fast, 50) == [str(each) for each in range(number, number + 50)]
                    assert len(slow._inbox._updates) <= 200
            assert len(slow._inbox._updates) > 100
            assert await names(slow, 600) == [str(each) for each in range(600)]
            await gateway.subscribed(1)
            await teacher.a_class("600")
            assert await names(slow, 1) == ["600"]
            await system.followed(1)


async def test_of_a_batch_a_slow_reader_is_told_the_latest_alone(gateway: Gateway, hub: Hub, teacher: Teacher) -> None:
    one, other = await teacher.a_batch(), await teacher.a_batch()
    with (
        hub.follow(teacher.user_id, NOW, lambda _: True) as slow,
        hub.follow(teacher.user_id, NOW, lambda _: True) as fast,
    ):
        await gateway.subscribed(2)
        for n in range(5):
            for batch_id in (one, other, one):
                await teacher.status(batch_id, n)
                await fast.next()
        told = [await slow.next() for _ in range(2)]
        states = [each.update.payload for each in told]
        assert all(isinstance(each, ras.BatchStatusUpdated) for each in states)
        assert [(each.batch_id, each.completed_essays) for each in states] == [(other, 4), (one, 4)]  # type: ignore[union-attr]
        assert not slow._inbox.waiting.total()
        assert told[0].cursor.ras is not None
        assert told[1].cursor.ras == told[1].update.seq > told[0].cursor.ras == told[0].update.seq


async def test_a_cursor_has_not_passed_what_still_waits_to_be_told(
    gateway: Gateway, hub: Hub, teacher: Teacher
) -> None:
    batch_id = await teacher.a_batch()
    with hub.follow(teacher.user_id, NOW, lambda _: True) as slow:
        await gateway.subscribed(1)
        await teacher.a_class("0")
        await teacher.status(batch_id, 1)
        await until(lambda: len(slow._inbox._updates) == 2)
        first, second = await slow.next(), await slow.next()
        with hub.follow(teacher.user_id, first.cursor, lambda _: True) as resumed:
            async with asyncio.timeout(SECONDS):
                again = await resumed.next()
        assert (again.update.service, again.update.seq) == (second.update.service, second.update.seq)
        assert again.cursor == second.cursor


async def test_a_cursor_that_is_ahead_of_the_shared_poll_hears_of_nothing_twice(
    gateway: Gateway, hub: Hub, teacher: Teacher
) -> None:
    """As one may be that another gateway gave."""
    with hub.follow(teacher.user_id, NOW, lambda _: True) as first:
        await gateway.subscribed(1)
        await teacher.a_class("0")
        behind = (await first.next()).update.seq
        channel = hub._shared["cms", teacher.user_id].channel
        with hub.follow(teacher.user_id, Cursor(behind, None), lambda _: True) as second:
            await gateway.subscribed(2)
            await teacher.a_class("1")
            assert await names(second, 1) == ["1"]
            await until(lambda: channel.position > behind)
            ahead = channel.position
            channel.position = behind  # as if the shared poll had not heard of it yet
            with hub.follow(teacher.user_id, Cursor(ahead, None), lambda _: True) as third:
                await until(lambda: len(channel.members) == 3)
                await teacher.a_class("2")
                assert await names(third, 1) == ["2"]
