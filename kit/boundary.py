"""The outermost layer of every application: call context, deadline, body limit, last-resort errors, access log."""

import asyncio
import math
import re
import time
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from kit import errors
from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT, begin_call, current_call
from kit.deadline import DEADLINE, Deadline, Recent, deadline_of, late
from kit.errors import ServiceError
from kit.exchange import EXCHANGE, Exchange, Fields, exchange_of
from kit.header_fields import fields, text
from kit.logging import Informing
from kit.metrics import Metrics
from kit.responses import refusal

log = structlog.get_logger("access")
answered = Informing("access")
TOLD = "told"
"""In the scope: the line of the request, to which a route adds by names that it does not have."""
_CORRELATION_ID, _DEADLINE_MS, _TRACEPARENT = (
    each.lower().encode() for each in (CORRELATION_ID, DEADLINE_MS, TRACEPARENT)
)
_MILLISECONDS = re.compile(rb"[0-9]{1,9}")
_BY_STATUS: dict[int, tuple[type[ServiceError], str]] = {
    404: (errors.NotFoundError, "There is nothing at this path."),
    405: (errors.MethodNotAllowedError, "This path does not take this method."),
}


def grant_budget(request: Request, seconds: float) -> None:
    """From now on, in place of the application's budget; a caller's shorter deadline still wins."""
    deadline = deadline_of(request.scope)
    call = current_call.get().until(min(time.monotonic() + seconds, deadline.latest))
    current_call.set(call)
    deadline.move(call.expires_at)


def grant_body(request: Request, size: int) -> None:
    """Bytes that this request's body may have, in place of the application's limit. Before the body is read."""
    exchange_of(request.scope).max_body = size


class Boundary:
    """`budget` is in seconds, `max_body` in bytes. `defaults`: header fields of whatever answer does not have them."""

    def __init__(self, app: ASGIApp, budget: float, max_body: int, metrics: Metrics, defaults: Fields = ()) -> None:
        self.app = app
        self.budget = budget
        self.max_body = max_body
        self.metrics = metrics
        self.defaults = defaults
        self.recent = Recent()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        given = fields(scope)
        asked = asked_budget(given[_DEADLINE_MS]) if _DEADLINE_MS in given else math.inf
        call = begin_call(text(given.get(_CORRELATION_ID)), text(given.get(_TRACEPARENT)), min(self.budget, asked))
        token = current_call.set(call)
        # Each name has its place in the line from the beginning.
        line: dict[str, Any] = {"method": scope["method"], "path": scope["path"], "status": 0, "ms": 0.0}
        scope[TOLD] = line
        scope[EXCHANGE] = exchange = Exchange(
            scope, receive, send, max_body=self.max_body, correlation_id=call.correlation_id, defaults=self.defaults
        )
        scope[DEADLINE] = deadline = Deadline(call.expires_at, time.monotonic() + asked, self.recent)
        self.metrics.begun()
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            pass  # nobody is there to be told
        except asyncio.CancelledError:
            if not deadline.ended_it():
                raise
            await _refuse(scope, exchange, late())
        except Exception as error:  # noqa: BLE001  the last resort: the log has all, the caller a code
            await _refuse(scope, exchange, told_error(error))
        finally:
            deadline.end()
            exchange.end()
            seconds = time.perf_counter() - begun
            self.metrics.answered(scope, exchange.status, seconds)
            line["status"], line["ms"] = exchange.status, round(seconds * 1000, 2)
            answered("request", line)
            current_call.reset(token)


async def _refuse(scope: Scope, exchange: Exchange, failure: ServiceError) -> None:
    if not exchange.started:
        await refusal(scope, failure)(scope, exchange.receive, exchange.send)


def told_error(error: Exception) -> ServiceError:
    """What a caller may be told: the framework's own refusals in our shape, and what nobody foresaw masked."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, HTTPException):
        kind, message = _BY_STATUS.get(error.status_code, (ServiceError, error.detail))
        return kind(message, headers=dict(error.headers or {}))
    log.error("unhandled", exc_info=error)
    return ServiceError("Something went wrong on our side.")


def asked_budget(given: bytes) -> float:
    """Seconds; without end when it cannot be read."""
    return int(given) / 1000 if _MILLISECONDS.fullmatch(given) else math.inf
