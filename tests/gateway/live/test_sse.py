"""graphql-sse, distinct connections: one request, its answers as events."""

import asyncio
import json
import time

import httpx
import pytest

from gateway.http.sse import next_event
from gateway.http.tokens import development_token
from tests.gateway.live.peers import Event, events
from tests.gateway.live.system import SECONDS, Gateway, System, Teacher
from tests.support.apps import GATEWAY, bearer

VIEWER = "{ viewer { userId } }"
UPDATES = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor } }"
STREAM = {"Accept": "text/event-stream"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_query_is_one_event_and_the_end(gateway: Gateway, method: str) -> None:
    async with events(gateway.url, "teacher-1", VIEWER, method=method) as stream:
        cost = {"estimated": 2, "actual": 2, "limit": 5000}
        answer = {"data": {"viewer": {"userId": "teacher-1"}}, "extensions": {"upstream": [], "cost": cost}}
        assert await stream.event() == Event("next", answer)
        assert await stream.event() == Event("complete", None)
        assert await stream.event() is None


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_subscription_goes_on(system: System, gateway: Gateway, teacher: Teacher, method: str) -> None:
    async with events(gateway.url, teacher.user_id, UPDATES, method=method) as stream:
        await gateway.subscribed(1)
        for n in range(3):
            await teacher.a_class(f"{n}")
            assert (await stream.next())["teacherUpdates"]["type"] == "CLASS_CREATED"
    await system.followed(0)


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("{ nothing }", "VALIDATION_ERROR", "Cannot query field 'nothing' on type 'Query'."),
        ("subscription {", "VALIDATION_ERROR", "Syntax Error: Expected Name, found <EOF>."),
        (
            'subscription { teacherUpdates(after: "x") { at } }',
            "VALIDATION_ERROR",
            "after must be a cursor that a subscription gave",
        ),
        (
            'subscription { batchUpdated(batchId: "x") { at } }',
            "RESOURCE_NOT_FOUND",
            "There is no such batch.",
        ),
    ],
)
async def test_errors_come_as_an_event(gateway: Gateway, query: str, code: str, message: str) -> None:
    async with events(gateway.url, "teacher-1", query) as stream:
        event = await stream.event()
        assert event
        [error] = event.data["errors"]
        assert (event.name, error["extensions"]["code"], error["message"]) == ("next", code, message)
        assert "data" not in event.data
        assert await stream.event() == Event("complete", None)


async def ask(gateway: Gateway, method: str, **asked: object) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        return await client.request(method, f"{gateway.url}/graphql", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({}, json.dumps({"query": VIEWER}), 401),
        ({"Authorization": "Bearer x.y.z"}, json.dumps({"query": VIEWER}), 401),
        (bearer(), "[", 400),
        (bearer(), "{}", 400),
        (bearer() | {"Content-Type": "text/plain"}, "{}", 415),
        (bearer(), json.dumps({"query": "x" * 300_000}), 413),
    ],
    ids=["nobody", "bad token", "no JSON", "no query", "text", "large"],
)
async def test_what_is_no_request_is_refused_as_ever(
    gateway: Gateway, headers: dict[str, str], content: str, status: int
) -> None:
    answer = await ask(
        gateway, "POST", headers={"Content-Type": "application/json"} | STREAM | headers, content=content
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json; charset=utf-8")
    assert answer.json()["errors"][0]["extensions"]["code"]


MUTATION = "mutation ($n: String!) { createClass(input: {name: $n, courseCode: SV1}) { class { name classId } } }"


async def test_a_mutation_has_an_event_and_its_key_counts(gateway: Gateway, teacher: Teacher) -> None:
    headers = bearer(teacher.user_id) | STREAM | {"Idempotency-Key": f"key of {teacher.user_id}"}
    asked = {"query": MUTATION, "variables": {"n": "ES25a"}}
    answers = [(await ask(gateway, "POST", headers=headers, json=asked)).text for _ in range(2)]
    made = [json.loads(each.split("data: ")[1].splitlines()[0])["data"]["createClass"]["class"] for each in answers]
    assert made[0]["name"] == "ES25a"
    assert made[0] == made[1]


async def test_a_mutation_is_not_done_by_get(gateway: Gateway, teacher: Teacher) -> None:
    async with events(gateway.url, teacher.user_id, MUTATION, method="GET", n="ES25a") as stream:
        event = await stream.event()
        assert event
        assert event.data["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
        assert await stream.event() == Event("complete", None)
    async with events(gateway.url, teacher.user_id, "{ classes { totalCount } }") as stream:
        assert await stream.next() == {"classes": {"totalCount": 0}}


async def test_a_subscription_needs_a_stream(gateway: Gateway) -> None:
    answer = await ask(gateway, "POST", headers=bearer(), json={"query": UPDATES})
    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["message"] == "Subscriptions are answered as text/event-stream, or over a WebSocket."
    assert error["extensions"]["code"] == "NOT_ACCEPTABLE"


@pytest.mark.parametrize("accept", ["application/json, text/event-stream;q=0.1", "*/*, text/*;q=0.5"])
async def test_a_subscription_is_a_stream_for_whoever_takes_one(
    system: System, gateway: Gateway, teacher: Teacher, accept: str
) -> None:
    """Although they would rather have something else, as they get for what has it."""
    headers = bearer(teacher.user_id) | {"Accept": accept}
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS, headers=headers) as client:
        async with client.stream("POST", f"{gateway.url}/graphql", json={"query": UPDATES}) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        whole = await client.post(f"{gateway.url}/graphql", json={"query": VIEWER})
        assert whole.headers["Content-Type"] == "application/json; charset=utf-8"
    await system.followed(0)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_there_is_no_single_connection_mode(gateway: Gateway, method: str) -> None:
    answer = await ask(gateway, method, headers=bearer() | STREAM)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, QUERY, OPTIONS")


def test_a_line_break_in_a_value_breaks_no_event() -> None:
    event = next_event({"data": {"x": "a\r\n\ndata: y"}})
    assert event == b'event: next\ndata: {"data":{"x":"a\\r\\n\\ndata: y"}}\n\n'


async def test_headers_keep_proxies_from_collecting(gateway: Gateway) -> None:
    answer = await ask(gateway, "POST", headers=bearer() | STREAM, json={"query": VIEWER})
    assert {name: answer.headers.get(name) for name in ("Cache-Control", "X-Accel-Buffering", "Content-Length")} == {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "Content-Length": None,
    }
    assert answer.headers["X-Correlation-ID"]


async def test_a_stream_outlives_the_budget_of_a_request_and_shows_that_it_lives(
    system: System, teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.http.sse.KEEP_ALIVE_SECONDS", 0.2)
    async with (
        system.gateway(request_timeout_seconds=0.5) as gateway,
        httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
        client.stream(
            "POST", f"{gateway.url}/graphql", headers=bearer(teacher.user_id) | STREAM, json={"query": UPDATES}
        ) as response,
    ):
        lines = response.aiter_lines()
        begun = time.perf_counter()
        while time.perf_counter() - begun < 1.5:
            assert await anext(lines) == ":"
        await teacher.a_class("late")
        while (line := await anext(lines)) == ":":
            pass
        assert line == "event: next"


async def test_a_caller_in_a_hurry_has_its_end(gateway: Gateway, teacher: Teacher) -> None:
    begun = time.perf_counter()
    headers = bearer(teacher.user_id) | STREAM | {"X-Request-Deadline-Ms": "1000"}
    answer = await ask(gateway, "POST", headers=headers, json={"query": UPDATES})
    assert (answer.status_code, answer.text) == (200, ":\n")
    assert time.perf_counter() - begun < 5


async def test_a_stream_ends_with_its_token(system: System, gateway: Gateway, teacher: Teacher) -> None:
    headers = {"Authorization": f"Bearer {development_token(GATEWAY, teacher.user_id, 2)}"} | STREAM
    begun = time.perf_counter()
    answer = await ask(gateway, "POST", headers=headers, json={"query": UPDATES})
    assert (answer.status_code, answer.text) == (200, ":\n")
    assert time.perf_counter() - begun < 10
    await system.followed(0)


async def test_a_client_that_hangs_up_leaves_nothing_behind(system: System, gateway: Gateway, teacher: Teacher) -> None:
    async with events(gateway.url, teacher.user_id, UPDATES):
        await gateway.subscribed(1)
    await system.followed(0)


async def test_every_event_is_there_after_a_reader_that_takes_its_time(gateway: Gateway, teacher: Teacher) -> None:
    async with events(gateway.url, teacher.user_id, UPDATES) as stream:
        await gateway.subscribed(1)
        for n in range(30):
            await teacher.a_class(f"{n}")
        await asyncio.sleep(0.5)
        cursors = [(await stream.next())["teacherUpdates"]["cursor"] for _ in range(30)]
        assert len({*cursors}) == 30
