"""A service that is told to stop, over real sockets."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kit import app as kit
from kit.health import health_routes
from ras_service.settings import RasSettings
from tests.support.apps import KEY, UNUSED_URL
from tests.support.ports import free_port
from tests.support.servers import in_process


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


async def _until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
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
