"""Each subscription: its owner is told, and another teacher is told what is told of nothing.

Nobody and an expired token are in `tests/gateway/callers`, with every other root field.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.gateway.live.peers import events
from tests.gateway.live.system import Gateway, System, Teacher
from tests.support.graph import global_id
from tests.support.whole_documents import object_type, roots, selection

ARGUMENTS: Mapping[str, str] = {"batchUpdated": '(batchId: "{}")', "teacherUpdates": ""}
"""By field of Subscription, with the id of a batch."""


def query_of(name: str, batch_id: object, *, depth: int = 1) -> str:
    inside = selection(object_type("Subscription").fields[name].type, depth)
    return f"subscription {{ {name}{ARGUMENTS[name].format(batch_id)}{inside} }}"


def test_the_table_is_the_schema_s() -> None:
    assert [*ARGUMENTS] == roots("Subscription")


@pytest.mark.parametrize("name", roots("Subscription"))
async def test_the_owner_is_told(gateway: Gateway, teacher: Teacher, name: str) -> None:
    batch_id = await teacher.a_batch()
    async with events(gateway.url, teacher.user_id, query_of(name, batch_id)) as stream:
        await gateway.subscribed(1)
        await teacher.status(batch_id)
        told = (await stream.next())[name]
    assert told["batch"]["id"] == global_id("Batch", batch_id)


@pytest.mark.parametrize("name", [each for each in roots("Subscription") if ARGUMENTS[each]])
async def test_another_teacher_s_batch_is_none(gateway: Gateway, system: System, teacher: Teacher, name: str) -> None:
    batch_id, other = await teacher.a_batch(), system.teacher()

    async def refusal(of: object) -> Any:
        async with events(gateway.url, other.user_id, query_of(name, of)) as stream:
            event = await stream.event()
        assert event
        [error] = event.data["errors"]
        del error["extensions"]["correlationId"]
        return event.name, error

    refused = await refusal(batch_id)
    assert refused == await refusal(uuid4())
    assert refused[1]["extensions"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("name", [each for each in roots("Subscription") if not ARGUMENTS[each]])
async def test_another_teacher_hears_of_their_own_alone(
    gateway: Gateway, system: System, teacher: Teacher, name: str
) -> None:
    theirs, other = await teacher.a_batch(), system.teacher()
    own = await other.a_batch()
    async with events(gateway.url, other.user_id, query_of(name, own)) as stream:
        await gateway.subscribed(1)
        await teacher.status(theirs)
        await other.status(own)
        told = (await stream.next())[name]
    assert told["batch"]["id"] == global_id("Batch", own)
