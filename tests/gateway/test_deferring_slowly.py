"""@defer over a socket, where one upstream takes its time: when parts come, and what ends them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.lifespan import Transports
from tests.gateway.test_nothing_leaks import PAGE
from tests.support.apps import GATEWAY, bearer, running
from tests.support.parts import PARTS, Part, parts
from tests.support.ports import free_port
from tests.support.servers import served

SECONDS = 20
QUERY = "{ batches { nodes { title ... @defer { classInfo { className } } } } }"
BATCH = "5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0002"
FIRST = {"batches": {"nodes": [{"title": "Novell"}]}}


def answer(body: dict[str, Any]) -> httpx.Response:
    stream = httpx.ByteStream(json.dumps(body).encode())
    return httpx.Response(200, headers={"Content-Type": "application/json"}, stream=stream)


class Held(httpx.AsyncBaseTransport):
    """Answers when it is let; RAS at once."""

    def __init__(self) -> None:
        self.asked, self.opened, self.cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "/user/" in request.url.path:
            return answer(PAGE)
        self.asked.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return answer({BATCH: None})


class Reader:
    """What comes, part by part."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._chunks = response.aiter_raw()
        self._body = b""

    async def until(self, n: int) -> list[Part]:
        """When so many are whole."""
        async with asyncio.timeout(SECONDS):
            while len(found := parts(self._body)) < n:
                self._body += await anext(self._chunks)
        return found

    async def rest(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            return self._body + b"".join([each async for each in self._chunks])


@asynccontextmanager
async def reading(held: Held, **headers: str) -> AsyncIterator[Reader]:
    settings = GATEWAY.model_copy(update={"port": free_port()})
    async with (
        served(create_app(settings, Transports(held, held)), settings) as url,
        httpx.AsyncClient(trust_env=False, timeout=SECONDS, headers=bearer() | PARTS | headers) as client,
        client.stream("POST", f"{url}/graphql", json={"query": QUERY}) as response,
    ):
        assert response.status_code == 200
        yield Reader(response)


async def test_the_first_part_does_not_wait_for_the_rest() -> None:
    held = Held()
    async with reading(held) as reader:
        [first] = await reader.until(1)
        assert first["data"] == FIRST
        held.opened.set()
        _, last = await reader.until(2)
        assert last["incremental"] == [{"id": "0", "data": {"classInfo": None}}]
        assert (await reader.rest()).endswith(b"\r\n-----\r\n")


async def test_who_hangs_up_ends_what_is_under_way() -> None:
    held = Held()
    async with reading(held) as reader:
        await reader.until(1)
        await held.asked.wait()
        await reader.response.aclose()
        async with asyncio.timeout(SECONDS):
            await held.cancelled.wait()


async def test_an_upstream_that_is_late_is_told_in_its_part() -> None:
    held = Held()
    async with reading(held, **{"X-Request-Deadline-Ms": "1500"}) as reader:
        _, last = await reader.until(2)
    [error] = last["incremental"][0]["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["batches", "nodes", 0, "classInfo"], "TIMEOUT")
    assert held.cancelled.is_set()


async def test_what_is_missing_at_the_deadline_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a resolver waits for."""
    monkeypatch.setattr("gateway.upstreams.transport.RESERVE_SECONDS", -SECONDS)
    held = Held()
    async with reading(held, **{"X-Request-Deadline-Ms": "1500"}) as reader:
        _, last = await reader.until(2)
        assert (await reader.rest()).endswith(b"\r\n-----\r\n")
    [completed] = last["completed"]
    [error] = completed["errors"]
    assert (completed["id"], error["extensions"]["code"]) == ("0", "TIMEOUT")
    assert error["message"] == "The deadline passed before the rest of the answer was ready."
    assert (last["hasNext"], held.cancelled.is_set()) == (False, True)


async def test_who_does_not_read_is_cut_off() -> None:
    """Called as a server would, by one whose buffers are full after the first part."""
    held = Held()
    held.opened.set()
    sent: list[bytes] = []
    settings = GATEWAY.model_copy(update={"slow_client_seconds": 0.2})
    app = create_app(settings, Transports(held, held))

    async def send(message: Any) -> None:
        if len(sent) > 1:
            await asyncio.Event().wait()
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        if not received:
            await asyncio.Event().wait()
        return received.pop()

    received = [{"type": "http.request", "body": b'{"query": "%b"}' % QUERY.encode(), "more_body": False}]
    async with running(app) as transport, asyncio.timeout(SECONDS):
        asked = httpx.Request(
            "POST", "http://test/graphql", headers=bearer() | PARTS | {"Content-Type": "application/json"}
        )
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.lower(), value) for name, value in asked.headers.raw],
        }
        await transport.app(scope, receive, send)
    [first] = parts(b"".join(sent))
    assert first["data"] == FIRST
