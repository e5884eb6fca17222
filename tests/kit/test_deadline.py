"""A request's deadline: who ended what, and what becomes of the slow ones."""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import pytest

from kit.deadline import Deadline, Recent
from kit.errors import DeadlineError

LONG = 30.0


def deadline(seconds: float, recent: Recent | None = None) -> Deadline:
    return Deadline(time.monotonic() + seconds, math.inf, recent or Recent())


async def ended(made: Deadline) -> str:
    """What ended a wait."""
    try:
        await asyncio.sleep(LONG)
    except asyncio.CancelledError:
        return "deadline" if made.ended_it() else "somebody"
    finally:
        made.end()
    return "nothing"


@pytest.mark.parametrize("seconds", [0, 0.005, 0.1])
async def test_at_the_deadline_the_work_ends(seconds: float) -> None:
    begun = time.monotonic()
    assert await ended(deadline(seconds)) == "deadline"
    assert seconds <= time.monotonic() - begun + 0.002 < LONG / 2
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_it_moves_either_way() -> None:
    made = deadline(0.05)
    made.move(time.monotonic() + LONG)
    await asyncio.sleep(0.1)
    made.move(time.monotonic() + 0.05)
    assert await ended(made) == "deadline"
    slow = deadline(LONG)
    await asyncio.sleep(0.1)
    slow.move(time.monotonic())
    assert await ended(slow) == "deadline"


@pytest.mark.parametrize("cancels", [1, 2])
async def test_whoever_else_cancels_is_obeyed(cancels: int) -> None:
    """Also where the deadline has passed, too."""

    async def work() -> str:
        made = deadline(LONG if cancels == 1 else 0)
        return await ended(made)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    if cancels == 2:
        asyncio.get_running_loop().call_soon(task.cancel)
        task.cancel()
    else:
        task.cancel()
    assert await task == "somebody"


async def test_a_part_may_have_to_end_earlier() -> None:
    made = deadline(1)
    begun = time.monotonic()
    with pytest.raises(DeadlineError), made.early(0.9):
        await asyncio.sleep(LONG)
    assert time.monotonic() - begun < 1
    await asyncio.sleep(0)  # what is left is for saying so
    assert await ended(made) == "deadline"
    assert time.monotonic() - begun > 0.99


async def test_a_part_that_ends_in_time_leaves_the_deadline_as_it_was() -> None:
    made = deadline(0.3)
    begun = time.monotonic()
    with made.early(0.2):
        await asyncio.sleep(0.05)
    assert await ended(made) == "deadline"
    assert time.monotonic() - begun > 0.29


async def test_without_time_left_a_part_does_not_begin() -> None:
    made = deadline(0.05)
    with pytest.raises(DeadlineError):
        made.early(0.05)
    made.end()


async def test_an_error_of_a_part_is_its_own() -> None:
    made = deadline(LONG)
    with pytest.raises(LookupError), made.early(1):
        raise LookupError
    with pytest.raises(asyncio.CancelledError), made.early(1):
        raise asyncio.CancelledError
    made.end()


async def test_what_is_to_be_done_for_the_slow_is_done_once() -> None:
    recent = Recent()
    done: list[str] = []
    slow, quick = deadline(LONG, recent), deadline(LONG, recent)
    slow.when_slow(lambda: done.append("slow"))
    quick.when_slow(lambda: done.append("quick"))
    quick.end()
    assert done == []
    await asyncio.sleep(0.2)
    assert done == ["slow"]
    slow.when_slow(lambda: done.append("at once"))
    slow.then = None
    slow.end()
    await asyncio.sleep(0.1)
    assert done == ["slow", "at once"]


async def test_the_quick_share_one_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, recent = asyncio.get_running_loop(), Recent()
    timers: list[float] = []
    call_later: Callable[..., Any] = loop.call_later

    def counted(delay: float, *given: Any) -> Any:
        timers.append(delay)
        return call_later(delay, *given)

    monkeypatch.setattr(loop, "call_later", counted)
    for _ in range(100):
        deadline(LONG, recent).end()
    assert len(timers) == 1


def test_each_loop_has_a_timer_of_its_own() -> None:
    """An application may be run again, in another loop."""
    recent = Recent()

    async def once() -> str:
        return await ended(deadline(0.1, recent))

    assert [asyncio.run(once()) for _ in range(2)] == ["deadline", "deadline"]
