"""More than a teacher may ask, and more than a process takes on, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from gateway.app import create_app as create_gateway
from gateway.lifespan import Transports
from tests.gateway.live.peers import signed_in
from tests.support.apps import GATEWAY, bearer
from tests.support.ports import free_port
from tests.support.servers import served

COURSES = {"query": "{ courses { code } }"}
ANSWER: dict[str, Any] = {"data": {"courses": []}}
EVENTS = {"Accept": "text/event-stream"}
DASHBOARD = "/bff/v1/teacher/dashboard"
TOO_MANY = "A teacher may send 0.01 requests a second, and 3 at once after a pause."
FULL = "1 requests are executed at once, and 1 wait for their turn."


class Held(httpx.AsyncBaseTransport):
    """A CMS without courses, which answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.may_answer = asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.release()
        await self.may_answer.acquire()
        headers = {"Content-Type": "application/json"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b'{"courses": []}'), request=request)

    def answer(self, many: int = 1) -> None:
        for _ in range(many):
            self.may_answer.release()


@asynccontextmanager
async def gateway(cms: Held, **limits: Any) -> AsyncIterator[httpx.AsyncClient]:
    settings = GATEWAY.model_copy(update={"port": free_port()} | limits)
    app = create_gateway(settings, Transports(cms=cms, ras=cms))
    async with served(app, settings) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


def ask(client: httpx.AsyncClient, teacher: str = "anna", **headers: str) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(client.post("/graphql", json=COURSES, headers=bearer(teacher) | headers))


def told(answer: httpx.Response) -> tuple[int, str, str, str | None]:
    [error] = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"], answer.headers.get("Retry-After")


async def test_a_teacher_who_asks_too_often_is_refused_everywhere_and_others_are_not() -> None:
    cms = Held()
    cms.answer(100)
    async with gateway(cms, teacher_requests_per_second=0.01, teacher_request_burst=3) as client:
        assert [(await ask(client)).json()["data"] for _ in range(3)] == [ANSWER["data"]] * 3
        refused = await ask(client)
        assert told(refused) == (429, "RATE_LIMIT", TOO_MANY, refused.headers["Retry-After"])
        assert 90 < int(refused.headers["Retry-After"]) <= 100
        # Nothing of the request is looked at first.
        wrong = await client.post("/graphql", content=b"{", headers=bearer("anna"))
        assert told(wrong)[:2] == (429, "RATE_LIMIT")
        assert told(await client.get("/graphql", params=COURSES, headers=bearer("anna")))[:2] == (429, "RATE_LIMIT")
        rest = await client.get(DASHBOARD, headers=bearer("anna"))
        assert (rest.status_code, rest.json()["error"]["message"]) == (429, TOO_MANY)
        assert int(rest.headers["Retry-After"]) > 90
        events = await client.post("/graphql", json=COURSES, headers=bearer("anna") | EVENTS)
        assert told(events)[:2] == (429, "RATE_LIMIT")
        async with signed_in(str(client.base_url).rstrip("/"), "anna") as peer:
            await peer.subscribe("1", COURSES["query"])
            error = await peer.error()
            assert (error["extensions"]["code"], error["message"]) == ("RATE_LIMIT", TOO_MANY)
            assert error["extensions"]["retryable"]
        assert (await ask(client, "bertil")).json()["data"] == ANSWER["data"]
        assert (await client.get("/readyz")).status_code == 200


async def test_operations_on_a_socket_count_one_by_one_and_the_socket_stays() -> None:
    cms = Held()
    cms.answer(100)
    async with (
        gateway(cms, teacher_requests_per_second=0.01, teacher_request_burst=3) as client,
        signed_in(str(client.base_url).rstrip("/"), "anna") as peer,
    ):
        for number in "123":
            await peer.subscribe(number, COURSES["query"])
            assert (await peer.next(number)) == ANSWER["data"]
            assert (await peer.receive()) == {"id": number, "type": "complete"}
        for _ in range(2):
            await peer.subscribe("4", COURSES["query"])
            assert (await peer.error("4"))["extensions"]["code"] == "RATE_LIMIT"
        await peer.send({"type": "ping"})
        assert await peer.receive() == {"type": "pong"}


async def test_with_a_full_queue_it_is_503_at_once_and_then_it_goes_on() -> None:
    cms = Held()
    async with gateway(cms, max_executing=1, max_queued=1, queue_seconds=60) as client:
        first = ask(client)
        await cms.asked.acquire()
        second = ask(client)
        assert told(await until(client, 503)) == (503, "SERVICE_UNAVAILABLE", FULL, "1")
        rest = await client.get(DASHBOARD, headers=bearer("anna"))
        assert (rest.status_code, rest.json()["error"]["message"], rest.headers["Retry-After"]) == (503, FULL, "1")
        async with signed_in(str(client.base_url).rstrip("/"), "anna") as peer:
            await peer.subscribe("1", COURSES["query"])
            assert (await peer.error())["message"] == FULL
            await peer.subscribe("1", "subscription { teacherUpdates { __typename } }")
            assert (await peer.error())["message"] == FULL
        assert (await client.get("/readyz")).status_code == 200
        cms.answer(2)
        assert [(await each).json()["data"] for each in (first, second)] == [ANSWER["data"]] * 2


async def test_who_waits_too_long_is_told_and_who_hangs_up_leaves_the_queue() -> None:
    cms = Held()
    async with gateway(cms, max_executing=1, max_queued=1, queue_seconds=0.2) as client:
        first = ask(client)
        await cms.asked.acquire()
        late = "1 requests are executed at once, and none of them was done within 0.2 s."
        assert told(await ask(client)) == (503, "SERVICE_UNAVAILABLE", late, "1")
        cms.answer()
        assert (await first).json()["data"] == ANSWER["data"]
    async with gateway(cms, max_executing=1, max_queued=1, queue_seconds=60) as client:
        first = ask(client)
        await cms.asked.acquire()
        gone = ask(client)
        await until(client, 503)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        # There is a place to wait at again.
        assert told(await until(client, 504))[1] == "TIMEOUT"
        cms.answer(10)
        assert (await first).json()["data"] == ANSWER["data"]


async def test_a_stream_does_not_keep_its_turn() -> None:
    cms = Held()
    async with (
        gateway(cms, max_executing=1, max_queued=0) as client,
        signed_in(str(client.base_url).rstrip("/"), "anna") as peer,
    ):
        await peer.subscribe("1", "subscription { teacherUpdates { __typename } }")
        await cms.asked.acquire()  # the poll for the first of them
        cms.answer(10)
        assert (await ask(client)).json()["data"] == ANSWER["data"]


async def until(client: httpx.AsyncClient, status: int) -> httpx.Response:
    """By when what was sent before has its place, or has left it."""
    async with asyncio.timeout(30):
        while True:
            # With a deadline, so that one that finds a place after all leaves it.
            answer = await ask(client, "bertil", **{"X-Request-Deadline-Ms": "200"})
            if answer.status_code == status:
                return answer
