"""Connections that wait for their next request, and the one timer that each has."""

import asyncio
import weakref
from contextvars import ContextVar

from kit.idle import Idle, longest_idle


async def test_one_that_waits_too_long_is_ended() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    begun = loop.time()
    idle = Idle(loop, 0.2, ended.set)
    idle.begin()
    await asyncio.sleep(0.1)
    idle.since = None  # a request
    await asyncio.sleep(0.05)
    again = loop.time()
    idle.begin()
    await asyncio.wait_for(ended.wait(), 30)
    assert again - begun > 0.14
    assert loop.time() - again > 0.19


async def test_one_that_is_busy_or_gone_is_not() -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    busy, gone = Idle(loop, 0.05, ended.set), Idle(loop, 0.05, ended.set)
    busy.begin()
    busy.since = None
    gone.begin()
    gone.stop()
    await asyncio.sleep(0.2)
    assert not ended.is_set()
    busy.begin()
    await asyncio.wait_for(ended.wait(), 30)


async def test_the_longest_goes_first() -> None:
    loop = asyncio.get_running_loop()
    one, two, busy = (Idle(loop, 30, lambda: None) for _ in range(3))
    assert longest_idle([busy]) is None
    two.since, one.since = 1.0, 2.0
    assert longest_idle([one, busy, two]) is two


async def test_its_timer_keeps_nothing_of_the_request_that_began_it() -> None:
    class Read:
        pass

    idle, read = Idle(asyncio.get_running_loop(), 30, lambda: None), ContextVar[Read]("read")
    gone: list[weakref.ref[Read]] = []

    async def request() -> None:
        read.set(Read())
        gone.append(weakref.ref(read.get()))
        idle.begin()

    await asyncio.create_task(request())
    await asyncio.sleep(0)
    assert [each() for each in gone] == [None]
    idle.stop()
