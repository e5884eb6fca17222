"""The outermost layer of every application: call context, deadline, body limit, last-resort errors, access log."""

import asyncio
import math
import re
import time
from dataclasses import dataclass, replace
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT, Call, begin_call, current_call
from kit.connection import LATE
from kit.errors import DeadlineError, PayloadTooLargeError, RequestTimeoutError, ServiceError
from kit.metrics import Metrics
from kit.responses import refusal

log = structlog.get_logger("access")
TOLD = "told"
"""In the scope: what a route adds to the line of its request, by names that the line does not have."""
_CORRELATION_ID = CORRELATION_ID.lower().encode()
_MILLISECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass
class Answer:
    """What is known of an answer while it is sent; 499 is a caller that hung up before any of it."""

    status: int = 499
    started: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """Of one request. `latest`: when its caller gives up, in seconds of `time.monotonic()`."""

    latest: float
    timeout: asyncio.Timeout


def grant_budget(request: Request, seconds: float) -> None:
    """From now on, in place of the application's budget; a caller's shorter deadline still wins."""
    deadline = request.scope["deadline"]
    assert isinstance(deadline, Deadline)
    call = replace(current_call.get(), expires_at=min(time.monotonic() + seconds, deadline.latest))
    current_call.set(call)
    deadline.timeout.reschedule(asyncio.get_running_loop().time() + call.remaining())


@dataclass(slots=True)
class BodyLimit:
    size: int


def grant_body(request: Request, size: int) -> None:
    """Bytes that this request's body may have, in place of the application's limit. Before the body is read."""
    limit = request.scope["body_limit"]
    assert isinstance(limit, BodyLimit)
    limit.size = size


class Boundary:
    """`budget` is in seconds, `max_body` in bytes."""

    def __init__(self, app: ASGIApp, budget: float, max_body: int, metrics: Metrics) -> None:
        self.app = app
        self.budget = budget
        self.max_body = max_body
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        headers = Headers(scope=scope)
        asked = asked_budget(headers)
        latest = time.monotonic() + asked
        call = begin_call(headers.get(CORRELATION_ID), headers.get(TRACEPARENT), min(self.budget, asked))
        token = current_call.set(call)
        answer = Answer()
        told: dict[str, Any] = {}
        scope[TOLD] = told
        self.metrics.in_flight.inc()
        try:
            await self._respond(latest, answer, scope, receive, tracked(send, call, answer))
        finally:
            seconds = time.perf_counter() - begun
            self.metrics.in_flight.dec()
            self.metrics.answered(scope, answer.status, seconds)
            ms = round(seconds * 1000, 2)
            log.info("request", method=scope["method"], path=scope["path"], status=answer.status, ms=ms, **told)
            current_call.reset(token)

    async def _respond(self, latest: float, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        failure = None
        try:
            async with asyncio.timeout(current_call.get().remaining()) as timeout:
                scope["deadline"] = Deadline(latest, timeout)
                scope["body_limit"] = limit = BodyLimit(self.max_body)
                await self.app(scope, limited(receive, limit, scope), send)
        except ClientDisconnect:
            return  # nobody is there to be told
        except ServiceError as error:
            failure = refusal(scope, error)
        except Exception as error:  # noqa: BLE001  the last resort: the log has all, the caller a code
            failure = refusal(scope, self._masked(error, expired=timeout.expired()))
        if failure and not answer.started:
            await failure(scope, receive, send)

    def _masked(self, error: Exception, *, expired: bool) -> ServiceError:
        if expired and isinstance(error, TimeoutError):
            return DeadlineError("The deadline passed before the answer was ready.")
        log.error("unhandled", exc_info=error)
        return ServiceError("Something went wrong on our side.")


def asked_budget(headers: Headers) -> float:
    """Seconds; without end when the caller does not say."""
    asked = headers.get(DEADLINE_MS)
    return int(asked) / 1000 if asked is not None and _MILLISECONDS.fullmatch(asked) else math.inf


def limited(receive: Receive, limit: BodyLimit, scope: Scope) -> Receive:
    size = 0

    async def receive_limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit.size:
            raise PayloadTooLargeError(f"The body may have at most {limit.size} bytes.")
        if LATE in scope and message.get("more_body"):
            raise RequestTimeoutError(f"The body was not there within {scope[LATE]:g} s.")
        return message

    return receive_limited


def tracked(send: Send, call: Call, answer: Answer) -> Send:
    async def send_tracked(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.started, answer.status = True, message["status"]
            message["headers"] = [*message["headers"], (_CORRELATION_ID, call.correlation_id.encode())]
        await send(message)

    return send_tracked
