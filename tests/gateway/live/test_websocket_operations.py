"""Operations on a socket: what each is answered with, and when its id is free again."""

import asyncio
from typing import Any

import pytest

from tests.gateway.live.peers import signed_in
from tests.gateway.live.system import Gateway, System, Teacher
from tests.gateway.live.test_websocket_protocol import UPDATES, subscribe


async def test_members_that_nobody_knows_are_ignored(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(subscribe(variables=None, operationName=None, extensions=None, more=1) | {"more": [1]})
        assert await peer.next() == {"viewer": {"userId": "teacher-1"}}


async def test_a_query_has_one_answer_and_its_id_is_free_again(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        for _ in range(3):
            await peer.send(subscribe())
            assert await peer.next() == {"viewer": {"userId": "teacher-1"}}
            assert await peer.receive() == {"type": "complete", "id": "1"}


async def test_a_mutation_is_done_once_and_read_by_the_next_query(gateway: Gateway, teacher: Teacher) -> None:
    mutation = 'mutation { createClass(input: {name: "ES25a", courseCode: SV1}) { class { name } } }'
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", mutation)
        assert await peer.next() == {"createClass": {"class": {"name": "ES25a"}}}
        assert await peer.receive() == {"type": "complete", "id": "1"}
        await peer.subscribe("1", "{ classes { nodes { name } } }")
        assert await peer.next() == {"classes": {"nodes": [{"name": "ES25a"}]}}


async def test_what_is_deferred_is_there_at_once(gateway: Gateway) -> None:
    """Parts are for HTTP."""
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.subscribe("1", "{ viewer { orgId ... @defer { userId } } }")
        assert await peer.next() == {"viewer": {"orgId": None, "userId": "teacher-1"}}
        assert await peer.receive() == {"type": "complete", "id": "1"}


async def test_variables_and_the_operations_name_count(gateway: Gateway) -> None:
    query = "query A { viewer { orgId } } query B($x: Boolean!) { viewer { userId @include(if: $x) orgId } }"
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(subscribe(query=query, operationName="B", variables={"x": True}))
        assert await peer.next() == {"viewer": {"userId": "teacher-1", "orgId": None}}


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"query": "{ nothing }"}, "Cannot query field 'nothing' on type 'Query'."),
        ({"query": "{"}, "Syntax Error: Expected Name, found <EOF>."),
        ({"query": " "}, "Syntax Error: Unexpected <EOF>."),
        ({"query": "query ($n: Int!) { batches(first: $n) { totalCount } }"}, "Variable '$n' has invalid value: "),
        ({"query": "query A { courses { name } }", "operationName": "B"}, "Unknown operation named 'B'."),
        ({"query": "subscription { nothing }"}, "Cannot query field 'nothing' on type 'Subscription'."),
        ({"query": "subscription ($a: String!) { teacherUpdates(after: $a) { at } }"}, "Variable '$a' has invalid"),
        (
            {"query": "subscription { a: teacherUpdates { at } b: teacherUpdates { at } }"},
            "Anonymous Subscription must select only one top level field.",
        ),
        (
            {"query": 'subscription { teacherUpdates(after: "x") { at } }'},
            "after must be a cursor that a subscription gave",
        ),
    ],
)
async def test_what_cannot_be_executed_ends_with_an_error(
    gateway: Gateway, payload: dict[str, Any], message: str
) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        for _ in range(2):  # the id is free again
            await peer.send(subscribe(**payload))
            error = await peer.error()
            assert error["message"].startswith(message)
            assert error["extensions"]["code"] == "VALIDATION_ERROR"


async def test_a_field_that_fails_is_an_answer_with_errors(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(subscribe(query="{ batches(first: 0) { totalCount } }"))
        message = await peer.receive()
        assert (message["type"], message["payload"]["data"]) == ("next", {"batches": None})
        assert message["payload"]["errors"][0]["path"] == ["batches"]
        assert await peer.receive() == {"type": "complete", "id": "1"}


async def test_an_id_names_one_subscription_at_a_time(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.subscribe("a", UPDATES)
        await peer.subscribe("b", UPDATES)
        await peer.subscribe("a", UPDATES)
        assert await peer.closed() == (4409, "Subscriber for a already exists")


async def test_a_client_completes_a_subscription_and_may_use_its_id_again(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    async with signed_in(gateway.url, teacher.user_id) as peer:
        for n in range(3):
            await peer.subscribe("1", UPDATES)
            await system.followed()
            await teacher.a_class(f"{n}")
            assert (await peer.next())["teacherUpdates"]["type"] == "CLASS_CREATED"
            await peer.send({"type": "complete", "id": "1"})
            await system.followed(0)
        await peer.send({"type": "complete", "id": "1"})
        await peer.send({"type": "complete", "id": "unknown"})
        await teacher.a_class("nobody hears of it")
        await peer.send({"type": "ping"})
        assert await peer.receive() == {"type": "pong"}


async def test_a_socket_has_so_many_operations_at_once(system: System, teacher: Teacher) -> None:
    async with system.gateway(max_socket_operations=2) as gateway, signed_in(gateway.url, teacher.user_id) as peer:
        for name in "abc":
            await peer.subscribe(name, UPDATES)
        error = await peer.error("c")
        assert error["message"] == "A socket may have at most 2 operations at once."
        assert error["extensions"]["code"] == "RATE_LIMIT"
        await peer.send({"type": "complete", "id": "a"})
        await asyncio.sleep(0.1)
        await peer.send(subscribe("c"))
        assert await peer.next("c") == {"viewer": {"userId": teacher.user_id}}
