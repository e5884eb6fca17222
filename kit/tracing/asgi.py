"""A span for each request, outside everything that answers it."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from kit.exchange import exchange_of
from kit.tracing.opened import Tracing
from kit.tracing.spans import SERVER, Span
from kit.tracing.w3c import remote

UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds, by those who look after the process and have nothing to find out."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})


class Traced:
    """`template` knows the route that answered, when it is known; its name is told and the path never: that has ids."""

    def __init__(self, app: ASGIApp, tracing: Tracing, template: Callable[[Scope], str | None]) -> None:
        self.app = app
        self.tracing = tracing
        self.template = template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tracer = self.tracing.tracer
        if tracer is None or scope["type"] == "lifespan" or scope["path"] in UNTRACED:
            await self.app(scope, receive, send)
            return
        caller = remote(scope["headers"])
        if scope["type"] == "websocket":
            with tracer.aside(caller):
                await self.app(scope, receive, send)
            return
        with tracer.begin("HTTP", SERVER, caller=caller) as span:
            if isinstance(span, Span):
                await self._recorded(span, scope, receive, send)
            else:
                await self.app(scope, receive, send)

    async def _recorded(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            exchange = exchange_of(scope)
            self._describe(span, scope, exchange.status if exchange.started else 0)

    def _describe(self, span: Span, scope: Scope, status: int) -> None:
        known = scope["method"] in _METHODS
        method, route = scope["method"] if known else "_OTHER", self.template(scope)
        span.name = " ".join(filter(None, [method if known else "HTTP", route]))
        span.attributes = {
            "http.request.method": method,
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
        if route:
            span.set("http.route", route)
        if status:
            span.set("http.response.status_code", status)
        if status >= 500:
            span.fail(str(status))
        elif not status:
            span.fail("no_answer")
