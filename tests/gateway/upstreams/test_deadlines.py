"""Many waits, each until its own time, by one timer."""

import asyncio
import time

import pytest

from gateway.upstreams.deadlines import Deadlines

pytestmark = pytest.mark.asyncio(loop_scope="function")


async def test_each_ends_in_its_time_whatever_their_order() -> None:
    deadlines, ended = Deadlines(), dict[float, float]()
    begun = time.monotonic()

    async def wait(seconds: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        deadlines.add(waiter, begun + seconds)
        await waiter
        ended[seconds] = time.monotonic() - begun

    times = [0.3, 0.1, 0.2, 0.1005, -1, 0.25]
    async with asyncio.timeout(10):
        await asyncio.gather(*(wait(each) for each in times))
    assert list(ended) == sorted(times)
    for seconds, after in ended.items():
        assert after >= seconds - 0.002
    assert deadlines._until == {}
    assert deadlines._timer is None


async def test_who_is_done_or_cancelled_before_is_left_alone() -> None:
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    waiters = [loop.create_future() for _ in range(4)]
    soon = time.monotonic() + 0.05
    for each in waiters:
        deadlines.add(each, soon)
    waiters[0].cancel()
    waiters[1].set_exception(ValueError())
    deadlines.remove(waiters[2])
    await waiters[3]
    assert waiters[0].cancelled()
    assert isinstance(waiters[1].exception(), ValueError)
    assert not waiters[2].done()


async def test_one_timer_does_for_many() -> None:
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    later = time.monotonic() + 60
    deadlines.add(loop.create_future(), later)
    timer = deadlines._timer
    for n in range(10):
        deadlines.add(loop.create_future(), later + n)
    assert deadlines._timer is timer
    assert timer
    sooner = loop.create_future()
    deadlines.add(sooner, time.monotonic() + 0.02)
    assert timer.cancelled()
    async with asyncio.timeout(10):
        await sooner
    assert deadlines._due == later
