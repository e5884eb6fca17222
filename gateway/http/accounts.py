"""What is told of an operation beside its answer: metrics, and its part of a line in the access log.

The line has no text of the document, no variables and no token.
"""

import asyncio
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from gateway.execution import Outcome, Prepared
from gateway.http.errors import reasons
from gateway.metrics import GatewayMetrics
from gateway.metrics.operations import codes_of, outcome_of
from kit.call import current_call
from kit.errors import ServiceError

log = structlog.get_logger("access")

HTTP, SSE, WEBSOCKET = "http", "sse", "websocket"
_NOTHING: Mapping[str, Any] = {"data": None}
_LATE_SECONDS = 0.1
"""Of the budget: what is cancelled with less than this left was late, and nobody hung up."""


class Account:
    """Of one operation. `line` is that of its request, where it has one to itself."""

    __slots__ = ("_begun", "_end", "_events", "_label", "_line", "_metrics", "_name", "_user_id", "transport")

    def __init__(
        self,
        metrics: GatewayMetrics,
        prepared: Prepared,
        operation_name: str | None,
        *,
        user_id: str,
        transport: str,
        line: dict[str, Any] | None,
        begun: float,
    ) -> None:
        self._metrics = metrics
        self._label, self._name = prepared.chosen(operation_name).asked
        self._user_id = user_id
        self.transport = transport
        self._line: dict[str, Any] = {} if line is None else line
        self._begun = begun
        self._events = 0
        self._end: Mapping[str, Any] = _NOTHING

    def executed(self, outcome: Outcome, begun: float) -> None:
        self._metrics.operations.executed(time.perf_counter() - begun)
        if outcome.cost:
            self._line["cost"] = outcome.cost.estimated
        if not outcome.executed:
            for code, reason in reasons(outcome.errors):
                self._metrics.operations.refused(code, reason)

    def close(self, body: Mapping[str, Any] | None, calls: int) -> None:
        """`body` is None where none was made: the exception that is under way says why."""
        if body is None:
            outcome, codes = ending(sys.exception())
            self.end(outcome, codes, calls=calls)
        else:
            self.end(outcome_of(body), codes_of(body), calls=calls)

    def close_rest(self, outcome: Outcome | None, calls: int) -> None:
        """Of what is told in another shape than GraphQL's; None as above."""
        if outcome is None:
            self.close(None, calls)
        else:
            codes = {code for code, _ in reasons(outcome.errors)}
            self.end(outcome_of({"data": outcome.data, "errors": outcome.errors}), codes, calls=calls)

    @contextmanager
    def open(self) -> Iterator[None]:
        """A subscription."""
        subscribers = self._metrics.streams.subscribers[self.transport]
        subscribers.inc()
        try:
            yield
        finally:
            subscribers.dec()
            self.end(outcome_of(self._end), codes_of(self._end), events=self._events)

    def event(self, body: Mapping[str, Any], *, executed: bool) -> None:
        """Of a subscription: what it was told, or what it ended with."""
        if executed:
            self._metrics.streams.events[self.transport].inc()
            self._events += 1
        else:
            self._end = body

    def end(self, outcome: str, codes: Collection[str], **counts: int) -> None:
        seconds = time.perf_counter() - self._begun
        self._metrics.operations.ended(self._label, seconds, outcome, codes)
        line = self._line
        line["operation"], line["type"], line["user_id"] = self._name, self._label.type, self._user_id
        line["outcome"] = outcome
        line.update(counts)
        if codes:
            line["codes"] = sorted(codes)
        if self.transport == WEBSOCKET:
            log.info("operation", ms=round(seconds * 1000, 2), **line)


def ending(failure: BaseException | None) -> tuple[str, list[str]]:
    """Of an operation that has no answer."""
    if isinstance(failure, ServiceError):
        return "refused", [failure.code]
    if isinstance(failure, asyncio.CancelledError):
        return "late" if current_call.get().remaining() < _LATE_SECONDS else "cancelled", []
    return "failed", ["INTERNAL_SERVER_ERROR"]
