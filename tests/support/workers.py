"""A small application in processes of its own: `python -m tests.support.workers PORT WORKERS`."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psutil
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from kit import app as kit
from kit.health import health_routes
from tests.support.answering import nothing, settings
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


async def pid(_: Request) -> Response:
    return PlainTextResponse(str(os.getpid()))


async def slow(request: Request) -> Response:
    """It is asked for with the path of a file that is made when it begins, and answers when that is gone."""
    file = Path(request.query_params["file"])
    file.touch()  # noqa: ASYNC240
    while file.exists():  # noqa: ASYNC110, ASYNC240  another process takes it away
        await asyncio.sleep(0.02)
    return PlainTextResponse("whole")


async def stream(websocket: WebSocket) -> None:
    """It ends as a subscription does: at once when it is told to."""
    await websocket.accept()
    leaving = asyncio.Event()
    with websocket.app.state.drain.leaving(leaving.set):
        await websocket.send_text(str(os.getpid()))
        await leaving.wait()
        with suppress(WebSocketDisconnect, RuntimeError):
            await websocket.close(1001)


def app() -> Starlette:
    routes = [*health_routes({}), Route("/pid", pid), Route("/slow", slow), WebSocketRoute("/stream", stream)]
    return kit.create_app(routes, lifespan=nothing, budget=60, max_body=1000)


@asynccontextmanager
async def several(workers: int = 2, drain_seconds: float = 0) -> AsyncIterator["Several"]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, str(port), str(workers), str(drain_seconds)),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=PIPE,
        stdout=DEVNULL,
    )
    made = Several(process, port)
    try:
        await made.until(workers)
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Several:
    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def pids(self) -> set[int]:
        return {each.pid for each in psutil.Process(self.process.pid).children()}

    async def answering(self) -> set[int]:
        """Who answers a few requests, each on a connection of its own, all at once."""
        async with httpx.AsyncClient(base_url=self.url, headers={"Connection": "close"}) as client:
            answers = await asyncio.gather(*(client.get("/pid") for _ in range(20)), return_exceptions=True)
        return {int(each.text) for each in answers if isinstance(each, httpx.Response)}

    async def until(self, workers: int) -> set[int]:
        """So many answer."""
        seen: set[int] = set()
        end = time.monotonic() + 30
        while len(seen := (seen | await self.answering()) & self.pids) < workers:
            if time.monotonic() > end:
                raise TimeoutError(f"only {seen} answered")
        return seen

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit status."""
        self.process.send_signal(number)
        async with asyncio.timeout(60):
            return await self.process.wait()


if __name__ == "__main__":
    port, workers, drain_seconds = sys.argv[1:]
    given = settings(workers=int(workers), drain_seconds=float(drain_seconds), log_level="WARNING")
    kit.serve(app(), given.model_copy(update={"port": int(port)}), lifeline=sys.stdin.fileno())
