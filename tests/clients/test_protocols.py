"""The npm packages graphql-ws and graphql-sse, the latter with distinct connections, against the gateway's process."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.http.tokens import development_token
from tests.clients.gateways import GatewayProcess
from tests.clients.peers import Peer, peer
from tests.gateway.live.system import System, Teacher
from tests.support.apps import GATEWAY, INTERNAL

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("clients"),
    pytest.mark.parametrize("over", ["websocket", "events"]),
]

CLASSES = "{ classes { totalCount nodes { name } } }"
CREATE = """
mutation ($name: String!) {
  createClass(input: {name: $name, courseCode: SV1}) { class { name courseCode } userErrors { code field } }
}
"""
UPDATES = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor class { name } } }"


@pytest.fixture
async def told(client: Path, gateway: GatewayProcess, teacher: Teacher, over: str) -> AsyncIterator[Peer]:
    async with peer(client, gateway.url, over, development_token(GATEWAY, teacher.user_id)) as made:
        yield made


async def create_class(system: System, teacher: Teacher, name: str) -> None:
    """As another internal service does it."""
    headers = INTERNAL | {"X-User-ID": teacher.user_id}
    async with httpx.AsyncClient(trust_env=False, base_url=system.cms.url, headers=headers) as cms:
        answer = await cms.post("/v1/classes", json={"name": name, "course_codes": ["SV1"]})
        assert answer.status_code == 201


async def test_a_query_is_answered_once(told: Peer) -> None:
    query = told.operate(CLASSES)
    assert (await query.next()) == {"classes": {"totalCount": 0, "nodes": []}}
    assert await query.end() is None


async def test_what_a_mutation_makes_is_there_afterwards(told: Peer) -> None:
    made = told.operate(CREATE, name="SV1A")
    assert await made.next() == {"createClass": {"class": {"name": "SV1A", "courseCode": "SV1"}, "userErrors": []}}
    assert await made.end() is None
    assert await told.operate(CLASSES).next() == {"classes": {"totalCount": 1, "nodes": [{"name": "SV1A"}]}}


async def test_what_the_user_can_mend_is_data(told: Peer) -> None:
    made = told.operate(CREATE, name="")
    wrong = {"code": "VALIDATION_ERROR", "field": ["input", "name"]}
    assert await made.next() == {"createClass": {"class": None, "userErrors": [wrong]}}


async def test_an_invalid_document_is_an_error(told: Peer, over: str) -> None:
    query = told.operate("{ nothing }")
    if over == "events":
        [error] = (await query.answer())["errors"]
        assert await query.end() is None
    else:
        [error] = await query.end()
    assert error["message"] == "Cannot query field 'nothing' on type 'Query'."
    assert error["extensions"]["code"] == "VALIDATION_ERROR"


async def test_updates_come_in_order_until_nobody_listens(system: System, teacher: Teacher, told: Peer) -> None:
    subscription = told.operate(UPDATES)
    await system.followed()
    names = [f"SV1-{n}" for n in range(5)]
    for name in names:
        await create_class(system, teacher, name)
    heard = [(await subscription.next())["teacherUpdates"] for _ in names]
    assert [(each["type"], each["class"]) for each in heard] == [("CLASS_CREATED", {"name": name}) for name in names]
    subscription.stop()
    assert await subscription.end() is None
    await system.followed(0)


async def test_one_client_does_several_things_at_once(system: System, teacher: Teacher, told: Peer) -> None:
    updates, more = told.operate(UPDATES), told.operate("subscription { teacherUpdates { type } }")
    made = told.operate(CREATE, name="not yet heard")
    assert (await made.next())["createClass"]["userErrors"] == []
    await system.followed()
    await create_class(system, teacher, "heard")
    assert (await more.next()) == {"teacherUpdates": {"type": "CLASS_CREATED"}}
    while (heard := (await updates.next())["teacherUpdates"])["class"] != {"name": "heard"}:
        assert heard["class"] == {"name": "not yet heard"}


async def test_a_cursor_goes_on_behind_what_was_told(system: System, teacher: Teacher, told: Peer) -> None:
    first = told.operate(UPDATES)
    await system.followed()
    await create_class(system, teacher, "first")
    cursor = (await first.next())["teacherUpdates"]["cursor"]
    first.stop()
    assert await first.end() is None
    await create_class(system, teacher, "second")
    again = told.operate(UPDATES, after=cursor)
    assert (await again.next())["teacherUpdates"]["class"] == {"name": "second"}


async def test_nobody_is_told_without_a_token(client: Path, gateway: GatewayProcess, over: str) -> None:
    async with peer(client, gateway.url, over, "none") as stranger:
        refusal = await stranger.operate(UPDATES).end()
    if over == "events":
        assert (refusal["name"], refusal["message"]) == ("NetworkError", "Server responded with 401: Unauthorized")
    else:
        assert (refusal["code"], refusal["reason"]) == (4403, "The token is not valid.")
