"""An answer in parts, as `multipart/mixed`: what the document defers comes when it is ready.

Each part ends with the delimiter of the next, so that a client knows at once that it is whole.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.http.later import Later
from gateway.http.media import PARTS, SPEC
from gateway.http.sse import UnreadError, first_of, hung_up
from kit.call import current_call
from kit.errors import DeadlineError, ServiceError, UnavailableError
from kit.responses import encode_json

log = structlog.get_logger("graphql")

ANSWER_SECONDS = 0.05
"""Left of the budget when parts are given up: time to say so."""
CONTENT_TYPE = f'{PARTS}; boundary="-"; incrementalSpec={SPEC}'
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Type": CONTENT_TYPE,
    "X-Accel-Buffering": "no",  # proxies may not collect what is meant to arrive at once
}
_DELIMITER = b"\r\n---"
_HEAD = b"Content-Type: application/json; charset=utf-8\r\n\r\n"
_END = b"--\r\n"


class Multipart(Response):
    """`unread_seconds`: how long the client may leave what is sent unread. `later` is None for a single part."""

    def __init__(self, first: Mapping[str, Any], later: Later | None, unread_seconds: float) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self.first = first
        self.later = later
        self.unread_seconds = unread_seconds

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self.later is None:
            await self._write(send, _DELIMITER + b"\r\n" + whole({**self.first, "hasNext": False}), more=False)
            return
        try:
            await self._write_all(self.later, receive, send)
        finally:
            self.later.end()

    async def _write_all(self, later: Later, receive: Receive, send: Send) -> None:
        seconds = max(0, current_call.get().remaining() - ANSWER_SECONDS)
        first = {**self.first, "pending": later.announced, "hasNext": True}
        await self._write(send, _DELIMITER + b"\r\n" + whole(first))
        failure = await first_of(seconds, self._rest(later, send), hung_up(receive))
        if later.missing:
            # What cannot be written is left: the connection ends without it.
            with suppress(UnreadError):
                await self._write(send, whole(later.given_up(self._told(failure))), more=False)

    async def _rest(self, later: Later, send: Send) -> None:
        async with aclosing(later.parts()) as parts:
            async for each in parts:
                await self._write(send, whole(each), more=each["hasNext"])

    def _told(self, failure: BaseException | None) -> ServiceError:
        if failure is None:
            return DeadlineError("The deadline passed before the rest of the answer was ready.")
        if isinstance(failure, UnreadError):
            return UnavailableError(f"Nothing was read for {self.unread_seconds:g} s.")
        if isinstance(failure, ServiceError):
            return failure
        log.error("unhandled", exc_info=failure)
        return ServiceError("Something went wrong on our side.")

    async def _write(self, send: Send, body: bytes, *, more: bool = True) -> None:
        """Raises UnreadError."""
        try:
            async with asyncio.timeout(self.unread_seconds):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise UnreadError from None


def whole(part: Mapping[str, Any]) -> bytes:
    return _HEAD + encode_json(part) + _DELIMITER + (b"\r\n" if part["hasNext"] else _END)
