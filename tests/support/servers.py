"""The real server around an application, in the tests' own event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from starlette.applications import Starlette

from kit import app as kit
from kit.settings import Settings


class InProcess(kit.Server):
    """It leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def in_process(app: Starlette, settings: Settings) -> InProcess:
    made = kit.server(app, settings)
    return InProcess(made.config, made.drain, made.drain_seconds)


@asynccontextmanager
async def served(app: Starlette, settings: Settings) -> AsyncIterator[str]:
    server = in_process(app, settings)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  a server that has started sets no event
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        server.should_exit = True
        await task
