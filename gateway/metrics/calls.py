"""Upstream calls: by endpoint, how they ended and how long they took, and how many keys one of them asks for."""

import asyncio

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.upstreams.answer import GarbageError, NoAnswerError
from kit.errors import DeadlineError, UnavailableError
from kit.metrics import SECONDS, Labelled, Tallies

_KEYS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class CallMetrics:
    def __init__(self, registry: CollectorRegistry, tallies: Tallies) -> None:
        seconds = Histogram(
            "upstream_call_duration_seconds",
            "Calls by what came of them: 2xx to 5xx, timeout, unreachable, garbage, shed (not sent), cancelled, error.",
            ["service", "method", "endpoint", "outcome"],
            registry=registry,
            buckets=SECONDS,
        )
        keys = Histogram(
            "upstream_call_keys",
            "Keys that one call of a keyed endpoint asks for.",
            ["service", "endpoint"],
            registry=registry,
            buckets=_KEYS,
        )
        joined = Counter(
            "upstream_calls_joined",
            "Reads that were not sent: they had the answer of the same one, which was under way.",
            ["service", "method", "endpoint"],
            registry=registry,
        )
        self._joined: Labelled[Counter] = Labelled(joined.labels, 100)
        self._seconds = Labelled(tallies.labels(seconds), 1000)
        self._keys = Labelled(tallies.labels(keys), 100)

    def called(
        self, service: str, method: str, endpoint: str, outcome: str, seconds: float, *, keys: int | None = None
    ) -> None:
        """`endpoint` is the path's template. Without `keys` it is not one that takes some."""
        self._seconds[service, method, endpoint, outcome].observe(seconds)
        if keys is not None:
            self._keys[service, endpoint].observe(keys)

    def joined(self, service: str, method: str, endpoint: str) -> None:
        self._joined[service, method, endpoint].inc()


def outcome_of(status: int | None, failure: BaseException | None) -> str:
    """Of a call that was answered with this status, if it was, and ended with this failure, if it did."""
    if status is not None and (failure is None or not 200 <= status < 300):
        return _BY_STATUS.get(status // 100, "garbage")
    if isinstance(failure, asyncio.CancelledError):
        return "cancelled"
    cause = failure.__cause__ if failure else None
    if isinstance(failure, DeadlineError):
        return "timeout"
    if isinstance(cause, NoAnswerError):
        return "unreachable"
    if status is not None or isinstance(cause, GarbageError):
        return "garbage"
    return "shed" if isinstance(failure, UnavailableError) else "error"


_BY_STATUS = {1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
