"""A collector that speaks OTLP by HTTP: what it is sent is read by OpenTelemetry's own definition of the messages."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2 as otlp

KINDS = {1: "internal", 2: "server", 3: "client"}


@dataclass(frozen=True)
class Told:
    """A span; ids in hexadecimal, times in nanoseconds since 1970."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    failed: bool
    links: list[tuple[str, str]]
    state: str
    begun: int
    ended: int


@dataclass
class Collector:
    """`statuses`: its next answers, before it says 200. While it is `hung` it answers nothing."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    hung: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    """Something was sent, and `arrived`: taken."""
    arrived: threading.Event = field(default_factory=threading.Event)
    requests: list[dict[str, str]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    spans: list[Told] = field(default_factory=list)

    def taken(self, path: str, headers: dict[str, str], body: bytes) -> int:
        self.requests.append({"path": path, **headers})
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self._read(ExportTraceServiceRequest.FromString(body))
            self.arrived.set()
        return status

    def named(self, name: str) -> list[Told]:
        return [each for each in self.spans if each.name == name]

    def under(self, parent: Told) -> list[Told]:
        found = [each for each in self.spans if each.parent_id == parent.span_id and each.trace_id == parent.trace_id]
        return sorted(found, key=lambda each: each.begun)

    def tree(self, top: Told) -> Any:
        """A span's service and name, with the trees of those under it."""
        return {f"{top.service}: {top.name}": [self.tree(each) for each in self.under(top)]}

    def _read(self, request: ExportTraceServiceRequest) -> None:
        for of in request.resource_spans:
            resource = values(of.resource.attributes)
            self.resources.append(resource)
            for scope in of.scope_spans:
                self.spans.extend(told(each, resource["service.name"]) for each in scope.spans)


def told(span: otlp.Span, service: str) -> Told:
    return Told(
        service=service,
        name=span.name,
        kind=KINDS[span.kind],
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=values(span.attributes),
        failed=span.status.code == otlp.Status.STATUS_CODE_ERROR,
        links=[(each.trace_id.hex(), each.span_id.hex()) for each in span.links],
        state=span.trace_state,
        begun=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
    )


def values(attributes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in attributes:
        assert each.key not in found
        found[each.key] = getattr(each.value, each.value.WhichOneof("value"))
    return found


def handler(of: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            of.asked.set()
            if of.hung.is_set():
                of.released.wait()
            self.send_response(of.taken(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Not on the tests' output."""

    return Handler


@contextmanager
def collecting() -> Iterator[Collector]:
    made = Collector()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        serving.join()
        server.server_close()
