"""What the gateway counts for Prometheus, beside what every application does. Each label has few values, whatever is
sent: names of operations are those of trusted documents, paths are templates."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.metrics.calls import CallMetrics
from gateway.metrics.operations import Label, OperationMetrics
from gateway.metrics.standing import Standing
from kit.metrics import OTHER, Labelled, Tallies

__all__ = ["GatewayMetrics", "Label", "Streams"]
_CODES = frozenset({1000, 1001, 1005, 1006, 4400, 4401, 4403, 4406, 4408, 4409, 4410, 4429, 4500})
_PROTOCOLS = ("sse", "websocket")


class Streams:
    """Of subscribers, by protocol: `sse`, `websocket`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        subscribers = Gauge(
            "graphql_subscribers",
            "Subscriptions that are open.",
            ["protocol"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        events = Counter("graphql_events", "Events that subscribers were sent.", ["protocol"], registry=registry)
        self.subscribers = {each: subscribers.labels(each) for each in _PROTOCOLS}
        self.events = {each: events.labels(each) for each in _PROTOCOLS}
        closed = Counter(
            "graphql_sockets_closed", "WebSockets by the code they were closed with.", ["code"], registry=registry
        )
        self._closed: Labelled[Counter] = Labelled(closed.labels)
        self.sockets = Gauge(
            "graphql_sockets", "WebSockets that are open.", registry=registry, multiprocess_mode="livesum"
        )

    def closed(self, code: int | None) -> None:
        """A client may close with any code."""
        self._closed[(str(code) if code in _CODES else OTHER,)].inc()


class GatewayMetrics:
    """Of one application."""

    def __init__(self) -> None:
        self.registry, tallies = CollectorRegistry(), Tallies()
        self.operations = OperationMetrics(self.registry, tallies)
        self.calls = CallMetrics(self.registry, tallies)
        self.streams = Streams(self.registry)
        self.standing = Standing(self.registry, tallies)
