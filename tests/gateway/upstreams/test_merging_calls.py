"""Class-info of several requests, while a call for it is under way."""

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.context import Identity, Upstreams, make_upstreams
from kit.call import DEADLINE_MS, begin_call, current_call
from kit.errors import DeadlineError, UnavailableError
from tests.support.apps import GATEWAY
from tests.support.held import Held, Sent, told, turns

pytestmark = pytest.mark.asyncio(loop_scope="function")


def opened(held: Held, *, merge: bool = True) -> Upstreams:
    return make_upstreams(GATEWAY.model_copy(update={"merge_class_info": merge}), held, held)


def ask(upstreams: Upstreams, user_id: str, ids: Sequence[UUID], budget: float = 60) -> "asyncio.Task[Any]":
    async def asked() -> Any:
        current_call.set(begin_call(None, None, budget))
        return await upstreams.context(Identity(user_id, None, ())).cms.class_info(ids)

    return asyncio.create_task(asked())


def several(n: int) -> list[UUID]:
    return [uuid4() for _ in range(n)]


def asked_for(sent: Sent) -> list[str]:
    if sent.query:
        return sent.query.removeprefix("?batch_ids=").split(",")
    return list(json.loads(sent.body or b"{}")["batch_ids"])


def info(key: object) -> dict[str, str]:
    return {"class_id": str(key), "class_name": f"of {key}"}


def reply(sent: Sent) -> None:
    sent.reply.set_result(told(json.dumps({each: info(each) for each in asked_for(sent)}).encode()))


def names(found: Any) -> list[str]:
    return [each.class_name for each in found]


async def test_what_comes_meanwhile_goes_together_and_each_gets_their_own() -> None:
    held = Held()
    upstreams, ids = opened(held), several(4)
    waits = [ask(upstreams, "t-1", ids[:1])]
    await turns()
    waits += [ask(upstreams, "t-2", ids[1:3]), ask(upstreams, "t-3", ids[2:])]
    await turns()
    assert len(held.sent) == 1
    reply(held.sent[0])
    await turns()
    [_, merged] = held.sent
    assert (merged.method, merged.headers["X-User-ID"], asked_for(merged)) == ("GET", "t-2", [str(i) for i in ids[1:]])
    reply(merged)
    found = await asyncio.gather(*waits)
    assert [names(each) for each in found] == [[f"of {key}" for key in part] for part in (ids[:1], ids[1:3], ids[2:])]


async def test_more_than_fit_a_url_go_by_post_and_a_thousand_to_a_call() -> None:
    held = Held()
    upstreams = opened(held)
    waits = [ask(upstreams, "t", several(n)) for n in (600, 399, 2, 1500)]
    sizes: list[tuple[str, int]] = []
    while len(sizes) < 4:
        await turns()
        for sent in held.sent[len(sizes) :]:
            sizes.append((sent.method, len(asked_for(sent))))
            reply(sent)
    assert sorted(sizes) == [("GET", 2), ("POST", 500), ("POST", 999), ("POST", 1000)]
    assert [len(each) for each in await asyncio.gather(*waits)] == [600, 399, 2, 1500]


async def test_off_nobody_waits_for_another() -> None:
    held = Held()
    upstreams = opened(held, merge=False)
    waits = [ask(upstreams, "t", several(1)) for _ in range(3)]
    await turns()
    assert len(held.sent) == 3
    for sent in held.sent:
        reply(sent)
    await asyncio.gather(*waits)


async def test_who_goes_takes_nobody_along_and_the_last_the_call() -> None:
    held = Held()
    upstreams, ids = opened(held), several(3)
    first = ask(upstreams, "t-1", ids[:1])
    await turns()
    second, third, hurried = (ask(upstreams, "t-2", [key], b) for key, b in zip(ids, (5, 60, 0.2), strict=True))
    with pytest.raises(DeadlineError):
        await hurried
    first.cancel()
    await turns()
    assert held.sent[0].given_up
    second.cancel()
    await turns()
    assert not held.sent[1].given_up
    assert int(held.sent[1].headers[DEADLINE_MS]) > 5000  # the longer of both
    assert asked_for(held.sent[1]) == [str(each) for each in ids[:2]]
    reply(held.sent[1])
    assert names(await third) == [f"of {ids[1]}"]
    assert first.cancelled()
    assert second.cancelled()


async def test_one_that_hangs_does_not_hold_back_all_others() -> None:
    held = Held()
    upstreams, ids = opened(held), several(2)
    hanging = ask(upstreams, "t-1", ids[:1])
    await turns()
    other = ask(upstreams, "t-2", ids[1:])
    async with asyncio.timeout(10):
        while len(held.sent) < 2:  # noqa: ASYNC110  it comes when its time is over
            await asyncio.sleep(0.01)
    reply(held.sent[1])
    assert names(await other) == [f"of {ids[1]}"]
    hanging.cancel()
    await asyncio.wait([hanging])


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_happens(seed: int) -> None:
    chance, held = random.Random(seed), Held()  # noqa: S311
    upstreams, all_ids = opened(held), several(30)
    waits: dict[asyncio.Task[Any], list[UUID]] = {}
    cancelled = set()
    for _ in range(40):
        step = chance.random()
        if step < 0.6:
            ids = chance.sample(all_ids, chance.randint(1, 5))
            waits[ask(upstreams, f"t-{chance.randint(1, 3)}", ids)] = ids
        elif step < 0.75 and waits:
            wait = chance.choice(list(waits))
            wait.cancel()
            cancelled.add(wait)
        answer_one(chance, held)
        await turns(chance.randint(0, 5))
    while not all(each.done() for each in waits):
        answer_one(chance, held)
        await turns()
    for wait, ids in waits.items():
        if wait.cancelled():
            assert wait in cancelled
            continue
        found = wait.result()
        for key, each in zip(ids, found, strict=True):
            assert isinstance(each, UnavailableError) or each.class_name == f"of {key}"
    assert len(held.sent) <= len(waits)


def answer_one(chance: random.Random, held: Held) -> None:
    for sent in held.sent:
        if not sent.reply.done():
            if chance.random() < 0.2:
                sent.reply.set_result(told(status=503))
            else:
                reply(sent)
            return
