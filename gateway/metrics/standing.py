"""What others count anyway for their own ends: read once a second and at each scrape, so no request pays for it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from kit.metrics import Tallies

Values = Mapping[tuple[str, ...], float]
"""By the values of the labels."""

_LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_COUNTERS: Mapping[str, tuple[str, list[str]]] = {
    "graphql_documents": ("Documents by whether they were parsed and validated already: hit, miss.", ["result"]),
    "graphql_executions": ("Executions: by a compiled plan, or the reason why graphql-core did it alone.", ["how"]),
    "graphql_plans_compiled": ("Plans that were compiled.", []),
    "graphql_plan_compile_seconds": ("Time that compiling plans took.", []),
    "auth_tokens": ("Tokens that were believed: verified, or remembered from before.", ["how"]),
    "live_overflows": ("Subscribers that read too slowly, so that updates are read again for them later.", []),
    "live_replaced": ("Updates that were not told, since a newer one of the same thing came first.", []),
}
_GAUGES: Mapping[str, tuple[str, list[str]]] = {
    "graphql_admitted": ("Requests that are let in: executing, queued.", ["state"]),
    "graphql_documents_kept": ("Parsed and validated documents in memory.", []),
    "upstream_connections": (
        "Connections: busy or idle; for calls, or for polls that wait.",
        ["service", "purpose", "state"],
    ),
    "live_channels": ("Teachers that are followed, once for each service.", []),
}


class Standing:
    def __init__(self, registry: CollectorRegistry, tallies: Tallies) -> None:
        self._tallies = tallies
        self._counters = {
            name: Counter(name, told, labels, registry=registry) for name, (told, labels) in _COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(name, told, labels, registry=registry, multiprocess_mode="livesum")
            for name, (told, labels) in _GAUGES.items()
        }
        self._lag = Histogram(
            "event_loop_lag_seconds",
            "How much later than due the event loop went on.",
            registry=registry,
            buckets=_LAG_SECONDS,
        )
        self._reading: dict[str, Callable[[], Values]] = {}
        self._carried: dict[str, dict[tuple[str, ...], float]] = {name: {} for name in _COUNTERS}

    def read(self, name: str, values: Callable[[], Values]) -> None:
        """`values` of a counter may only grow. There is one reader to a name; the last one counts."""
        if name not in _COUNTERS and name not in _GAUGES:
            raise LookupError(name)
        self._reading[name] = values
        if name in _COUNTERS:
            self._carried[name] = {}

    def carry(self) -> None:
        self._tallies.carry()
        for name, read in self._reading.items():
            for labels, value in read().items():
                if name in self._gauges:
                    _child(self._gauges[name], labels).set(value)
                else:
                    before = self._carried[name].get(labels, 0)
                    _child(self._counters[name], labels).inc(value - before)
                    self._carried[name][labels] = value

    async def watch(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 1
            await asyncio.sleep(1)
            self._lag.observe(max(0, loop.time() - due))
            self.carry()


def _child(metric: Any, labels: tuple[str, ...]) -> Any:
    return metric.labels(*labels) if labels else metric
