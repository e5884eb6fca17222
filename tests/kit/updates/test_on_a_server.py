"""Polls over real sockets: the client that hangs up, and the server that is told to stop."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from socket import socket

import httpx
from structlog.testing import capture_logs

from kit import app as kit
from kit.db import Database
from kit.updates import Updates
from kit.updates.feed import Feed
from tests.kit.updates.replicas import an_app, settings_for, until
from tests.support.apps import INTERNAL


@dataclass
class Served:
    url: str
    feed: Feed
    task: "asyncio.Task[None]"
    server: kit.Server


class InProcess(kit.Server):
    """The real server in the tests' own event loop, which keeps its signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(url: str, database: Database) -> AsyncIterator[Served]:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = settings_for(url, port=port)
    app = an_app(settings, database, database, Updates())
    server = InProcess(kit.server(app, settings).config, app.state.drain)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started or task.done())
    try:
        yield Served(f"http://127.0.0.1:{port}/internal/v1", app.state.feed, task, server)
    finally:
        server.should_exit = True
        await task


async def test_a_client_that_hangs_up_frees_its_place(url: str, teacher: str, database: Database) -> None:
    with capture_logs() as logged:
        await hang_up(url, teacher, database)
    assert [entry["status"] for entry in logged if entry["event"] == "request"] == [499]


async def hang_up(url: str, teacher: str, database: Database) -> None:
    async with served(url, database) as ras:
        async with httpx.AsyncClient(headers=INTERNAL) as client:
            poll = client.get(f"{ras.url}/users/{teacher}/updates", params={"after": 0, "wait": 25}, timeout=60)
            polling = asyncio.create_task(poll)
            await until(lambda: ras.feed.waiting == 1)
            polling.cancel()
        await until(lambda: ras.feed.waiting == 0, 1)


async def test_a_server_that_stops_ends_its_polls_first(url: str, teacher: str, database: Database) -> None:
    async with served(url, database) as ras, httpx.AsyncClient(headers=INTERNAL) as client:
        poll = client.get(f"{ras.url}/users/{teacher}/updates", params={"after": 0, "wait": 25}, timeout=60)
        polling = asyncio.create_task(poll)
        await until(lambda: ras.feed.waiting == 1)
        begun = time.perf_counter()
        ras.server.should_exit = True
        answer = await polling
        assert (answer.status_code, answer.json()) == (200, {"updates": [], "cursor": 0})
        await ras.task
        assert time.perf_counter() - begun < 10
