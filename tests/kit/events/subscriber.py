"""A subscriber of the HTTP transport on a real socket, which answers what a test wants and remembers what it got."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.support.ports import free_port

Events = list[dict[str, Any]]
Answer = Callable[[Events], Awaitable[Response]]


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the tests."""
        yield


async def listening(port: int) -> socket.socket:
    """While a server was away, somebody else may have tried its port."""
    async with asyncio.timeout(20):
        while True:
            try:
                return socket.create_server(("127.0.0.1", port), backlog=1024)
            except OSError:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def serving(app: ASGIApp, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = Server(config)
    running = asyncio.create_task(server.serve(sockets=[await listening(port)]))
    while not server.started:
        await asyncio.sleep(0.005)
        assert not running.done()
    try:
        yield
    finally:
        server.should_exit = True
        await running


async def accept(_: Events) -> Response:
    return Response(b'{"accepted": 0, "duplicates": 0, "dead": []}', 202)


def always(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    async def answer(_: Events) -> Response:
        return Response(b"no", status, headers)

    return answer


@dataclass
class Subscriber:
    """`asked` has every list that was posted, `accepted` those answered with 202, `headers` belongs to `asked`."""

    port: int = field(default_factory=free_port)
    answer: Answer = accept
    asked: list[Events] = field(default_factory=list)
    accepted: list[Events] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def events(self) -> Events:
        return [event for events in self.accepted for event in events]

    def ids(self) -> list[str]:
        return [event["event_id"] for event in self.events]

    def running(self) -> Any:
        """A context manager."""
        return serving(Starlette(routes=[Route("/events", self._take, methods=["POST"])]), self.port)

    async def _take(self, request: Request) -> Response:
        events = json.loads(await request.body())
        self.asked.append(events)
        self.headers.append(request.headers)
        answer = await self.answer(events)
        if answer.status_code == 202:
            self.accepted.append(events)
        return answer


async def until(true: Callable[[], Any], seconds: float = 30) -> None:
    """Fails when it does not come true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  it may be anything
            await asyncio.sleep(0.005)
