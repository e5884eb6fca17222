"""Prometheus: what each application counts for itself, beside what its modules count for the whole process.

A module that counts something has its own `prometheus_client.Counter`, as `kit/events/metrics.py`; `/metrics` tells
both. A label has few values: the template of a route, never a path.
"""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Of one application, so that two of them in one process do not add up."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.registry = of = CollectorRegistry()
        self.in_flight = Gauge("http_requests_in_flight", "Requests that are not answered yet.", registry=of)
        self._requests = Counter(
            "http_requests", "Requests answered; 499: the caller hung up.", ["method", "route", "status"], registry=of
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ["method", "route"],
            registry=of,
            buckets=_SECONDS,
        )
        # By identity: routes are not hashable, and live as long as the application.
        self._templates = {id(route): template for route, template in _templates(routes)}
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        key = method, self._templates.get(id(scope.get("route")), UNMATCHED), status
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._requests.labels(*key), self._seconds.labels(*key[:2])
        requests, duration = known
        requests.inc()
        duration.observe(seconds)


def _templates(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[BaseRoute, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _templates(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield route, prefix + route.path_format
