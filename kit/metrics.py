"""Prometheus: what each application counts for itself, beside what its modules count for the whole process.

A module that counts something has its own `prometheus_client.Counter`, as `kit/events/metrics.py`; `/metrics` tells
both. A label has few values: the template of a route, never a path.

Where several processes serve one port, PROMETHEUS_MULTIPROC_DIR names a folder that they share, and whichever of them
is asked tells of all. The library reads that variable when it is imported, so it has to be set before.
"""

import asyncio
import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as generated
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Scope

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
OTHER = "other"
_CARRIED_SECONDS = 1
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


M = TypeVar("M")


class Labelled(dict[tuple[str, ...], M]):
    """The children of a metric by the values of its labels, each made once: to look one up costs a tenth of `labels`.

    Whoever asks sees to it that there are few. Should they be wrong, what exceeds `most` is counted as "other".
    """

    def __init__(self, labels: Callable[..., M], most: int = 500) -> None:
        super().__init__()
        self._labels = labels
        self._most = most

    def __missing__(self, values: tuple[str, ...]) -> M:
        others = (OTHER,) * len(values)
        if len(self) >= self._most and values != others:
            return self[others]
        made = self[values] = self._labels(*values)
        return made


class Tally:
    """A histogram's child that adds up by itself until it is carried over: what a request pays is a quarter."""

    __slots__ = ("_bounds", "_child", "_counts", "_sum")

    def __init__(self, child: Histogram) -> None:
        self._child = child
        self._bounds = child._upper_bounds  # noqa: SLF001  the library takes single observations only
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0

    def observe(self, amount: float) -> None:
        self._counts[bisect_left(self._bounds, amount)] += 1
        self._sum += amount

    def carry(self) -> None:
        for n, count in enumerate(self._counts):
            if count:
                self._child._buckets[n].inc(count)  # noqa: SLF001
        self._child._sum.inc(self._sum)  # noqa: SLF001
        self._counts, self._sum = [0] * len(self._bounds), 0.0


class Tallies:
    """All that are to be carried over together."""

    def __init__(self) -> None:
        self._all: list[Tally] = []

    def labels(self, histogram: Histogram) -> Callable[..., Tally]:
        """As the histogram's own."""

        def made(*values: str) -> Tally:
            tally = Tally(histogram.labels(*values))
            self._all.append(tally)
            return tally

        return made

    def carry(self) -> None:
        for each in self._all:
            each.carry()


class Metrics:
    """Of one application, so that two of them in one process do not add up.

    What requests add up themselves is carried over for each scrape, and every second where another process may tell it.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.registry = of = CollectorRegistry()
        self.in_flight = 0
        self._in_flight = Gauge(
            "http_requests_in_flight",
            "Requests that are not answered yet.",
            registry=of,
            multiprocess_mode="livesum",
        )
        self._requests = Counter(
            "http_requests", "Requests answered; 499: the caller hung up.", ["method", "route", "status"], registry=of
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "From a request's head to the end of its answer.",
            ["method", "route"],
            registry=of,
            buckets=SECONDS,
        )
        # By identity: routes are not hashable, and live as long as the application.
        self._templates = {id(route): template for route, template in _templates(routes)}
        self._tallies = Tallies()
        self._durations = Labelled(self._tallies.labels(self._seconds))
        self._known: dict[tuple[str, str, int], Answered] = {}
        self._shared = _FOLDER in os.environ
        self._carrying: asyncio.AbstractEventLoop | None = None

    def template(self, scope: Scope) -> str | None:
        """Of the route that took the request, if one did already."""
        return self._templates.get(id(scope.get("route")))

    def begun(self) -> None:
        self.in_flight += 1
        if self._shared:
            self._carry_soon()

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        self.in_flight -= 1
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        key = method, self._templates.get(id(scope.get("route")), UNMATCHED), status
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Answered(self._requests.labels(*key), self._durations[key[:2]])
        known.number += 1
        known.duration.observe(seconds)
        if self._shared:
            self._carry_soon()

    def carry(self) -> None:
        self._in_flight.set(self.in_flight)
        for each in self._known.values():
            each.requests.inc(each.number)
            each.number = 0
        self._tallies.carry()

    def _carry_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._carrying is not loop:
            self._carrying = loop
            loop.call_later(_CARRIED_SECONDS, self._carry_now)

    def _carry_now(self) -> None:
        self._carrying = None
        self.carry()


@dataclass(slots=True)
class Answered:
    """Requests of one kind; `number` since they were carried over."""

    requests: Counter
    duration: Tally
    number: int = 0


def _templates(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[BaseRoute, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _templates(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield route, prefix + route.path_format


def exposition(*registries: CollectorRegistry) -> Response:
    """Of these and of what modules count for the process."""
    folder = os.environ.get(_FOLDER)
    if folder:
        shared = CollectorRegistry()
        MultiProcessCollector(shared, folder)  # type: ignore[no-untyped-call]
        told = generated(shared)
    else:
        told = b"".join(generated(each) for each in (*registries, REGISTRY))
    return Response(told, headers={"Content-Type": CONTENT_TYPE_LATEST})
