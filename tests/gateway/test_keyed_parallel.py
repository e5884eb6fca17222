"""More ids than one call takes: the calls are under way at once, and each stands for its own keys."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.context import Identity, make_upstreams
from kit.call import begin_call, current_call
from kit.errors import UnavailableError
from tests.support.apps import GATEWAY
from tests.support.held import Held, Sent, told, turns


def ids_of(sent: Sent) -> list[str]:
    return list(json.loads(sent.body or b"")["batch_ids"])


def nulls(sent: Sent) -> Any:
    return told(json.dumps(dict.fromkeys(ids_of(sent))).encode())


def begin(held: Held, ids: list[UUID], read: str) -> "asyncio.Task[Any]":
    async def asked() -> Any:
        current_call.set(begin_call(None, None, 60))
        context = make_upstreams(GATEWAY, held, held).context(Identity("teacher-1", None, ()))
        return await getattr(context.cms, read)(ids)

    return asyncio.create_task(asked())


@pytest.mark.parametrize("read", ["class_info", "validation"])
async def test_three_posts_at_once_and_one_that_fails_takes_its_own_keys(read: str) -> None:
    held, ids = Held(), [uuid4() for _ in range(2500)]
    asked = begin(held, ids, read)
    await turns()
    assert [(sent.method, len(ids_of(sent))) for sent in held.sent] == [("POST", 1000), ("POST", 1000), ("POST", 500)]
    first, second, third = held.sent
    third.reply.set_result(nulls(third))
    second.reply.set_result(told(status=503))
    await turns()
    assert not asked.done()
    first.reply.set_result(nulls(first))
    found = await asked
    assert [*found[:1000], *found[2000:]] == [None] * 1500
    assert {type(each) for each in found[1000:2000]} == {UnavailableError}


async def test_who_is_cancelled_gives_all_of_them_up() -> None:
    held = Held()
    asked = begin(held, [uuid4() for _ in range(2500)], "class_info")
    await turns()
    held.sent[1].reply.set_result(nulls(held.sent[1]))
    asked.cancel()
    await asyncio.wait([asked])
    await turns()
    assert [sent.given_up for sent in held.sent] == [True, False, True]
