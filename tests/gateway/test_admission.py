"""Turns, in the tests' own event loop: who gets one, who does not, and that none is lost."""

import asyncio
import random
from dataclasses import replace

import pytest

from gateway.context import Identity
from gateway.http.admission import Admission, AdmissionLimits
from kit.errors import RateLimitError, UnavailableError

LIMITS = AdmissionLimits(executing=2, queued=3, queue_seconds=30, per_second=20, burst=60)
ANNA = Identity("anna", None, ("teacher",))


class Worker:
    """Something that is executed until it is told to be done."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        async with self.admission:
            self.began.set()
            await self.may_end.wait()

    async def end(self) -> None:
        self.may_end.set()
        await self.task

    async def cancel(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def workers(admission: Admission, many: int) -> list[Worker]:
    made = [Worker(admission) for _ in range(many)]
    await asyncio.sleep(0)
    return made


def began(some: list[Worker]) -> list[bool]:
    return [each.began.is_set() for each in some]


async def test_turns_come_in_the_order_of_asking() -> None:
    admission = Admission(LIMITS)
    some = await workers(admission, 5)
    assert (admission.executing, admission.queued) == (2, 3)
    for number in range(3):
        assert began(some) == [True] * (2 + number) + [False] * (3 - number)
        await some[number].end()
        await some[number + 2].began.wait()
    await asyncio.gather(*(each.end() for each in some))
    assert (admission.executing, admission.queued) == (0, 0)


async def test_who_finds_the_queue_full_is_refused_with_the_limits() -> None:
    admission = Admission(LIMITS)
    some = await workers(admission, 5)
    with pytest.raises(UnavailableError, match="2 requests are executed at once, and 3 wait for their turn") as refused:
        async with admission:
            pytest.fail("there was no turn")
    assert refused.value.headers == {"Retry-After": "1"}
    await some[3].cancel()
    [late] = await workers(admission, 1)
    for each in (some[0], some[1], some[2], some[4], late):
        await each.end()
    assert (admission.executing, admission.queued) == (0, 0)


async def test_who_waits_too_long_is_refused_and_leaves_the_queue() -> None:
    admission = Admission(replace(LIMITS, queue_seconds=0.05))
    some = await workers(admission, 2)
    with pytest.raises(UnavailableError, match=r"none of them was done within 0\.05 s") as refused:
        async with admission:
            pytest.fail("there was no turn")
    assert (refused.value.headers, admission.queued) == ({"Retry-After": "1"}, 0)
    await asyncio.gather(*(each.end() for each in some))
    assert admission.executing == 0


async def test_a_turn_of_one_that_is_cancelled_just_then_goes_to_the_next() -> None:
    admission = Admission(replace(LIMITS, executing=1))
    first, second, third = await workers(admission, 3)
    first.may_end.set()
    while admission.queued == 2:  # noqa: ASYNC110  a turn that is passed on sets no event
        await asyncio.sleep(0)
    assert not second.began.is_set()
    await second.cancel()
    await third.began.wait()
    assert not second.began.is_set()
    await third.end()
    assert (admission.executing, admission.queued) == (0, 0)


async def test_a_failure_gives_the_turn_back() -> None:
    admission = Admission(LIMITS)
    with pytest.raises(LookupError):
        async with admission:
            raise LookupError
    assert admission.executing == 0


async def test_whatever_is_cancelled_when_no_turn_is_lost() -> None:
    chance = random.Random(6)  # noqa: S311  hides nothing
    admission = Admission(replace(LIMITS, queued=10, queue_seconds=0.01))
    running: set[asyncio.Task[None]] = set()
    most = 0

    async def work() -> None:
        nonlocal most
        async with admission:
            most = max(most, admission.executing)
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            if chance.random() < 0.1:
                raise LookupError

    for _ in range(5000):
        task = asyncio.create_task(work())
        running.add(task)
        if chance.random() < 0.4:
            chance.choice(list(running)).cancel()
        await asyncio.sleep(0.02 if chance.random() < 0.005 else 0)
        running -= {each for each in running if each.done() and (each.cancelled() or each.exception() or True)}
    await asyncio.gather(*running, return_exceptions=True)
    assert (admission.executing, admission.queued, most) == (0, 0, 2)


async def test_a_teacher_who_asks_too_often_is_told_how_long_to_wait() -> None:
    admission = Admission(LIMITS)
    for _ in range(60):
        admission.charge(ANNA)
    with pytest.raises(RateLimitError, match="20 requests a second, and 60 at once after a pause") as refused:
        admission.charge(ANNA)
    assert refused.value.headers == {"Retry-After": "1"}
    admission.charge(replace(ANNA, user_id="bertil"))


async def test_without_a_rate_there_is_no_limit() -> None:
    admission = Admission(replace(LIMITS, per_second=0))
    for _ in range(1000):
        admission.charge(ANNA)
