"""Work that ends when the client that asked for it hangs up."""

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect, Request

from kit.deadline import deadline_of


class Watch:
    """`with` it: what is inside is cancelled when the client hangs up first, and ClientDisconnect raised.

    It begins once the request is slow, which most are not.
    """

    __slots__ = ("_deadline", "_gone", "_request", "_watching")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._deadline = deadline_of(request.scope)
        self._watching: asyncio.Task[None] | None = None
        self._gone = False

    def __enter__(self) -> None:
        self._deadline.when_slow(self._start)

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._deadline.then = None
        if self._watching:
            self._watching.cancel()
            self._watching = None  # whose end knows of us: a cycle, which would keep the whole request
        if kind is asyncio.CancelledError and self._ended_it():
            raise ClientDisconnect from None

    def _ended_it(self) -> bool:
        """And nobody else: whoever cancelled the task besides wants it cancelled."""
        working = self._deadline.task
        return self._gone and working is not None and working.uncancel() == 0

    def _start(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        if self._deadline.task:
            self._gone = True
            self._deadline.task.cancel()
