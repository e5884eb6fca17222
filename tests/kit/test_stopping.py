"""A service that is told to stop, over real sockets."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from kit import app as kit
from kit.connection import Connection
from kit.health import health_routes
from kit.websocket import WebSocketConnection
from ras_service.settings import RasSettings
from tests.support.answering import HANDSHAKE, settings
from tests.support.apps import KEY, UNUSED_URL
from tests.support.ports import free_port
from tests.support.servers import in_process
from tests.support.wire import head, wire


class Slow:
    """An application whose `/slow` answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.finish = asyncio.Event(), asyncio.Event()

    def app(self) -> Starlette:
        routes = [*health_routes({}), Route("/slow", self.answer)]
        return kit.create_app(routes, lifespan=_nothing, budget=20, max_body=1024)

    async def answer(self, _: Request) -> Response:
        self.asked.set()
        await self.finish.wait()
        return PlainTextResponse("whole")


class Hostile:
    """An application whose clients do not read what it says."""

    def app(self) -> Starlette:
        routes = [
            Route("/half", self.half, methods=["POST"]),
            Route("/endless", self.endless),
            WebSocketRoute("/flood", self.flood),
        ]
        return kit.create_app(routes, lifespan=_nothing, budget=4, max_body=1024)

    async def half(self, request: Request) -> Response:
        return Response(await request.body())

    async def endless(self, _: Request) -> Response:
        return StreamingResponse(self.parts())

    async def parts(self) -> AsyncIterator[bytes]:
        while True:
            yield b"a" * 65_536

    async def flood(self, websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_text("a" * 65_536)


@asynccontextmanager
async def _nothing(_: Starlette):  # type: ignore[no-untyped-def]
    yield


async def test_told_to_stop_it_is_not_ready_and_finishes_what_it_began() -> None:
    slow, port = Slow(), free_port()
    settings = RasSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL, port=port, drain_seconds=1)
    server = in_process(slow.app(), settings)
    serving = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await _until(lambda: server.started)
        assert (await client.get("/readyz")).json() == {"status": "ready", "checks": {}}
        answer = asyncio.create_task(client.get("/slow"))
        await slow.asked.wait()

        server.handle_exit(signal.SIGTERM, None)
        await _until(lambda: server.drain.begun)
        unready = await client.get("/readyz", headers={"Connection": "close"})
        assert (unready.status_code, unready.json()) == (503, {"status": "draining", "checks": {}})
        assert (await client.get("/healthz", headers={"Connection": "close"})).status_code == 200

        await _refused(client)
        assert not answer.done()
        slow.finish.set()
        assert (await answer).text == "whole"
    await serving


async def test_it_stops_in_time_whatever_its_clients_leave_undone() -> None:
    limits = settings(header_timeout_seconds=300, body_timeout_seconds=2)
    server = in_process(Hostile().app(), limits)
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    async with AsyncExitStack() as stack:
        for raw in [b"", b"GET / HT", head(*["A: b"] * 9)[:-2]] * 10:
            await (await stack.enter_async_context(wire(limits.port))).send(raw)
        half = await stack.enter_async_context(wire(limits.port))
        await half.send(head("Content-Length: 9", first="POST /half HTTP/1.1"), b"a")
        for path in ("/endless", "/flood"):
            upgrade = HANDSHAKE if path == "/flood" else ()
            unread = await stack.enter_async_context(wire(limits.port))
            unread.writer.transport.pause_reading()  # type: ignore[attr-defined]
            stack.callback(unread.writer.transport.abort)
            await unread.send(head(*upgrade, first=f"GET {path} HTTP/1.1"))
        await _until(lambda: sum(_stuck(each) for each in server.server_state.connections) == 2)

        async with asyncio.timeout(30):
            server.handle_exit(signal.SIGTERM, None)
            await serving
        assert (await half.rest()).startswith(b"HTTP/1.1 408 ")
    assert not server.server_state.connections


def _stuck(connection: object) -> bool:
    """What is sent to it waits to be taken."""
    if isinstance(connection, WebSocketConnection):
        return not connection.writable.is_set()
    assert isinstance(connection, Connection)
    return connection.flow.write_paused


async def _until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not seen():  # noqa: ASYNC110  what is watched sets no event
            await asyncio.sleep(0.01)


async def _refused(client: httpx.AsyncClient) -> None:
    """Waits until new connections are refused."""
    async with asyncio.timeout(5):
        while True:
            try:
                await client.get("/healthz", headers={"Connection": "close"})
            except httpx.ConnectError:
                return
            await asyncio.sleep(0.05)
