"""Callers cancelled at any step: while they wait for a turn, connect, write, read, and after the answer."""

import asyncio
import random

import pytest

from gateway.upstreams.answer import NoAnswerError
from gateway.upstreams.http1.pool import Pool
from tests.support.peer import Gate, Line, Script, answer, peer
from tests.support.senders import at_rest, call, pool

pytestmark = pytest.mark.asyncio(loop_scope="function")

MOST = 5


def moody(chance: random.Random) -> Script:
    """Answers with the path, after a while, and now and then hangs up instead."""

    async def script(line: Line) -> None:
        while True:
            path = (await line.request()).split()[1]
            await steps(chance.randrange(6))
            if chance.random() < 0.1:
                return
            await line.say(answer(path))

    return script


async def caller(pool: Pool, number: int, again: bool) -> int:
    """How many of its calls were answered, until one was not."""
    path, answered = f"/{number}", 0
    while True:
        try:
            got = await call(pool, path, again=again)
        except (NoAnswerError, asyncio.CancelledError):
            return answered
        assert got.body == path.encode(), "the answer of another"
        answered += 1


async def steps(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def cancelled_one_by_one(callers: "list[asyncio.Task[int]]", chance: random.Random) -> list[int]:
    await steps(1)  # each has begun
    for each in chance.sample(callers, len(callers)):
        await steps(chance.randrange(40))
        each.cancel()
    return await asyncio.gather(*callers)


async def all_places_are_free(pool: Pool) -> None:
    """As many calls as there are connections can be on their way at once."""
    gate = Gate(MOST)
    async with peer(gate.script) as upstream:
        pool.address = ("127.0.0.1", upstream.port)
        for kept in pool._kept:
            kept.close()
        async with asyncio.TaskGroup() as group:
            for _ in range(MOST):
                group.create_task(call(pool))
            await gate.arrived.wait()
            gate.opened.set()


@pytest.mark.parametrize("seed", range(8))
async def test_a_storm_of_cancellations_leaves_nothing_behind(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  decides steps, hides nothing
    async with peer(moody(chance)) as upstream, pool(upstream.url, connections=MOST) as made:
        callers = [asyncio.create_task(caller(made, n, chance.random() < 0.5)) for n in range(60)]
        answered = await cancelled_one_by_one(callers, chance)
        assert sum(answered) > 0
        await steps(10)  # what was being opened is closed
        assert at_rest(made)
        assert len(made._kept) <= MOST
        await all_places_are_free(made)
