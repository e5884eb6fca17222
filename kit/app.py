"""How every application of this system is put together, and served."""

import asyncio
import gc
import socket
import sys
import threading
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from kit.boundary import Boundary
from kit.connection import Connection
from kit.drain import Drain
from kit.exchange import Fields
from kit.heads import ReadLimits
from kit.logging import configure_logging
from kit.metrics import Metrics
from kit.responses import Telling
from kit.settings import Settings
from kit.tracing import Tracing
from kit.tracing.asgi import Traced
from kit.websocket import WebSocketConnection
from kit.workers import STARTUP_FAILURE, Workers, stop_with

KEEP_ALIVE_SECONDS = 75
"""How long a server keeps an idle connection. A client must let go of it earlier, or it may write into the closing."""

GC_THRESHOLD = 20_000
"""Objects made before the collector looks through the youngest: 700 cost a twelfth of the throughput."""
_TICK_SECONDS = 0.05
_LEAVE_SECONDS = 15
_FINISH_SECONDS = 30
"""From the end of `drain_seconds` until what is still in flight is cancelled."""

_PING_SECONDS = 20
"""Between pings on a WebSocket, and how long each may go unanswered."""
_UNREAD_SECONDS = 20
"""How long a peer may take nothing of what is sent to it. Without an end, one that reads no more is never rid of."""


class Application(Starlette):
    """Without the framework's own layers: the boundary is the last resort for errors."""

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = self.router
        for layer, args, kwargs in reversed(self.user_middleware):
            app = layer(app, *args, **kwargs)
        return app


def create_app(
    routes: Sequence[BaseRoute],
    *,
    lifespan: Lifespan[Starlette],
    budget: float,
    max_body: int,
    tracing: Tracing | None = None,
    telling: Mapping[str, Telling] | None = None,
    outermost: Sequence[Middleware] = (),
    defaults: Fields = (),
    straight: Sequence[Route] = (),
) -> Starlette:
    """`budget`: seconds a request may take. `max_body`: bytes of a request's body, or of a message.

    `telling`: by path how its errors are told, where that is not as in REST. `outermost`: around whatever is answered.
    `defaults`: header fields of whatever answer does not have them. `straight`: routes without parameters that are
    found by their path alone.
    """
    metrics = Metrics(routes)
    app = Application(
        routes=routes,
        middleware=[
            *outermost,
            *([Middleware(Traced, tracing=tracing, template=metrics.template)] if tracing else []),
            Middleware(Boundary, budget=budget, max_body=max_body, metrics=metrics, defaults=defaults),
            *([Middleware(Straight, routes={each.path: each for each in straight})] if straight else []),
        ],
        lifespan=tracing.around(lifespan) if tracing else lifespan,
    )
    # To the path without its slash, it would send a client to whatever Host the request named.
    app.router.redirect_slashes = False
    app.state.drain = Drain()
    app.state.metrics = metrics
    app.state.telling = telling or {}
    app.state.max_body = max_body
    return app


class Straight:
    """What is asked for most goes past the router and its layers; the boundary takes what such a route raises."""

    def __init__(self, app: ASGIApp, routes: Mapping[str, Route]) -> None:
        self.app = app
        self.routes = routes

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        route = self.routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None:
            return self.app(scope, receive, send)
        scope["route"] = route
        return route.app(scope, receive, send)


class Server(uvicorn.Server):
    """What only waits ends at once, `/readyz` says 503 for `drain_seconds` more, and requests in flight finish.

    The lifespan ends after them. A second signal ends the waiting, too.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, drain_seconds: float = 0) -> None:
        super().__init__(config)
        self.drain = drain
        self.drain_seconds = drain_seconds

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.drain.begin()
        loop = asyncio.get_running_loop()
        ready = loop.time() + self.drain_seconds
        gone = ready + _LEAVE_SECONDS
        while not self.force_exit and loop.time() < (ready if self.drain.left else gone):  # noqa: ASYNC110  signals set no event
            await asyncio.sleep(_TICK_SECONDS)
        self.config.timeout_graceful_shutdown = max(1, int(ready + _FINISH_SECONDS - loop.time()))
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in (each for server in self.servers for each in server.sockets):
            # Connections inherit it; elsewhere than on Linux there is no such option.
            if sys.platform == "linux":
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS * 1000)


def server(app: Starlette, settings: Settings) -> Server:
    config = uvicorn.Config(
        app,
        http=cast(
            "type[asyncio.Protocol]", partial(Connection, limits=read_limits(settings), telling=app.state.telling)
        ),
        proxy_headers=False,  # nobody asks where a request came from
        workers=1,  # of its own; ours are in kit/workers.py
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws=WebSocketConnection,
        # A larger message than the application takes must reach it, to be refused as its protocol has it.
        ws_max_size=2 * app.state.max_body,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        # Its messages are small, and compressing would cost each connection more memory than all else of it.
        ws_per_message_deflate=False,
    )
    return Server(config, app.state.drain, settings.drain_seconds)


def read_limits(settings: Settings) -> ReadLimits:
    return ReadLimits(
        head_seconds=settings.header_timeout_seconds,
        body_seconds=settings.body_timeout_seconds,
        url_bytes=settings.max_url_bytes,
        header_bytes=settings.max_header_bytes,
        headers=settings.max_headers,
        connections=settings.max_connections,
    )


def serve(app: Starlette, settings: Settings, *, lifeline: int | None = None) -> None:
    """Runs until SIGINT or SIGTERM, or the end of what can be read from the lifeline."""
    configure_logging(settings.log_level)
    serving = server(app, settings)
    # What is loaded by now stays, and to look through it takes the collector as long as twenty requests.
    gc.collect()
    gc.freeze()
    # Each request makes some hundred objects, of which next to none is garbage in a cycle.
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])
    if settings.workers > 1:
        Workers(
            settings.host,
            settings.port,
            settings.workers,
            partial(_run, serving),
            stop_seconds=settings.drain_seconds + _FINISH_SECONDS,
            lifeline=lifeline,
        ).run()
    if lifeline is not None:
        threading.Thread(target=stop_with, args=(lifeline,), name="lifeline", daemon=True).start()
    _run(serving, None)


def _run(serving: Server, sockets: list[socket.socket] | None) -> None:
    with suppress(KeyboardInterrupt):
        serving.run(sockets)
    if not serving.started:
        sys.exit(STARTUP_FAILURE)
