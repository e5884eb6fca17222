"""graphql-sse in its distinct connections mode: one operation per request, its answers as server-sent events.

A stream that ends with `complete` is done. One that ends without it can be resumed with the last cursor: the gateway
stops, or the token has expired.
"""

import asyncio
import time
from collections.abc import Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.http.accounts import SSE
from gateway.http.errors import present_refusal
from gateway.http.operations import Operation, Operations
from kit.boundary import grant_budget
from kit.call import current_call
from kit.errors import UnavailableError
from kit.responses import encode_json

log = structlog.get_logger("graphql")

KEEP_ALIVE_SECONDS = 12
LONGEST_SECONDS = 30 * 86_400
HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # proxies may not collect what is meant to arrive at once
}
COMMENT = b":\n"
COMPLETE = b"event: complete\ndata: \n\n"


def next_event(body: Mapping[str, Any]) -> bytes:
    return b"event: next\ndata: %b\n\n" % encode_json(body)


class UnreadError(Exception):
    """The client has not taken what was sent in time."""


class EventStreams:
    def __init__(self, operations: Operations, unread_seconds: float) -> None:
        self.operations = operations
        self.unread_seconds = unread_seconds

    def response(self, request: Request, operation: Operation) -> Response:
        operation.account.transport = SSE
        return EventStream(request, self.operations, operation, self.unread_seconds)


class EventStream(Response):
    """`unread_seconds`: how long the client may leave what is sent unread."""

    media_type = "text/event-stream"

    def __init__(self, request: Request, operations: Operations, operation: Operation, unread_seconds: float) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self.request = request
        self.operations = operations
        self.operation = operation
        self.unread_seconds = unread_seconds

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        stopping = asyncio.Event()
        with self.request.app.state.drain.leaving(stopping.set):
            grant_budget(self.request, LONGEST_SECONDS)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            failure = await first_of(
                self._seconds(),
                self._answer(send),
                self._keep_alive(send),
                hung_up(receive),
                # What has one answer may still give it.
                *([stopping.wait()] if self.operation.streams else []),
            )
            await self._finish(send, failure)

    async def _answer(self, send: Send) -> None:
        await self._write(send, COMMENT)
        async with aclosing(self.operations.answers(self.operation)) as answers:
            async for answer in answers:
                await self._write(send, next_event(answer.body))
        await self._write(send, COMPLETE)

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            await self._write(send, COMMENT)

    async def _finish(self, send: Send, failure: BaseException | None) -> None:
        """What cannot be written is left: the connection ends without it."""
        with suppress(UnreadError):
            if isinstance(failure, UnreadError):
                told = f"Nothing was read for {self.unread_seconds:g} s; resume with the last cursor."
                await self._write(send, next_event({"errors": present_refusal(UnavailableError(told))}))
            elif failure:
                log.error("unhandled", exc_info=failure)
            await self._write(send, b"", more=False)

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Raises UnreadError."""
        try:
            async with asyncio.timeout(self.unread_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise UnreadError from None

    def _seconds(self) -> float:
        """Until the token expires, or whoever asked gives up."""
        return max(0, min(self.operation.identity.expires_at - time.time(), current_call.get().remaining() - 0.1))


async def first_of(seconds: float, *work: Coroutine[Any, Any, object]) -> BaseException | None:
    """Runs them until one ends, or so long; what it ended with, if it failed."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        ended, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return next((failure for task in ended if (failure := task.exception())), None)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
