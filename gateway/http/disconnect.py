"""Work that ends when the client that asked for it hangs up."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")
WATCHED_AFTER_SECONDS = 0.02
"""From when on it is noticed."""


async def unless_disconnected(request: Request, work: Awaitable[T]) -> T:
    """The work's result; when the client hangs up first the work is cancelled, and ClientDisconnect raised."""
    watch = Watch(request)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.ended_it():
            raise ClientDisconnect from None
        raise
    finally:
        watch.end()


class Watch:
    """Cancels the current task when its client hangs up; begins late, since most answers are there before that."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._working = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._gone = False
        self._begin = asyncio.get_running_loop().call_later(WATCHED_AFTER_SECONDS, self._start)

    def ended_it(self) -> bool:
        """And nobody else: whoever cancelled the task besides wants it cancelled."""
        return self._gone and self._working is not None and self._working.uncancel() == 0

    def end(self) -> None:
        self._begin.cancel()
        if self._watching:
            self._watching.cancel()

    def _start(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        if self._working:
            self._gone = True
            self._working.cancel()
