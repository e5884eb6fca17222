"""Work beside the requests, for as long as the application runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger("background")


@asynccontextmanager
async def background(*runs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Cancelled, and waited for, at the end of the block."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("background work broke down", exc_info=outcome)


async def every(seconds: float, what: str, work: Callable[[], Awaitable[object]]) -> None:
    """The first time after `seconds`. A failure is logged, and the next turn comes all the same."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception as error:  # noqa: BLE001  whatever it was, the next turn may do better
            log.warning("background work failed", what=what, reason=repr(error))
