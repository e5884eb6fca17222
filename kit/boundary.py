"""The outermost layer of every application: call context, deadline, body limit, last-resort errors, access log."""

import asyncio
import re
import time
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT, Call, begin_call, current_call
from kit.errors import INTERNAL_SERVER_ERROR, DeadlineError, PayloadTooLargeError, ServiceError
from kit.responses import error_body, error_response, json_response

log = structlog.get_logger("access")
_MILLISECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass
class Answer:
    """What is known of an answer while it is sent; 499 is a caller that hung up before any of it."""

    status: int = 499
    started: bool = False


class Boundary:
    """`budget` is in seconds, `max_body` in bytes."""

    def __init__(self, app: ASGIApp, budget: float, max_body: int) -> None:
        self.app = app
        self.budget = budget
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        call = self._begin(Headers(scope=scope))
        token = current_call.set(call)
        answer = Answer()
        try:
            await self._respond(call, answer, scope, receive, tracked(send, call, answer))
        finally:
            ms = round((time.perf_counter() - begun) * 1000, 2)
            log.info("request", method=scope["method"], path=scope["path"], status=answer.status, ms=ms)
            current_call.reset(token)

    def _begin(self, headers: Headers) -> Call:
        budget, asked = self.budget, headers.get(DEADLINE_MS)
        if asked is not None and _MILLISECONDS.fullmatch(asked):
            budget = min(budget, int(asked) / 1000)
        return begin_call(headers.get(CORRELATION_ID), headers.get(TRACEPARENT), budget)

    async def _respond(self, call: Call, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        failure = None
        try:
            async with asyncio.timeout(call.remaining()) as timeout:
                await self.app(scope, limited(receive, self.max_body), send)
        except ClientDisconnect:
            return  # nobody is there to be told
        except ServiceError as error:
            failure = error_response(error)
        except Exception as error:  # noqa: BLE001  the last resort: the log has all, the caller a code
            failure = self._masked(error, expired=timeout.expired())
        if failure and not answer.started:
            await failure(scope, receive, send)

    def _masked(self, error: Exception, *, expired: bool) -> Response:
        if expired and isinstance(error, TimeoutError):
            return error_response(DeadlineError("The deadline passed before the answer was ready."))
        log.error("unhandled", exc_info=error)
        body = error_body(INTERNAL_SERVER_ERROR, "Something went wrong on our side.")
        return json_response({"error": body}, 500)


def limited(receive: Receive, max_body: int) -> Receive:
    size = 0

    async def receive_limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > max_body:
            raise PayloadTooLargeError(f"The body may have at most {max_body} bytes.")
        return message

    return receive_limited


def tracked(send: Send, call: Call, answer: Answer) -> Send:
    async def send_tracked(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.started, answer.status = True, message["status"]
            MutableHeaders(scope=message)[CORRELATION_ID] = call.correlation_id
        await send(message)

    return send_tracked
