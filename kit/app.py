"""How every application of this system is put together, and served."""

import asyncio
import gc
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Lifespan

from kit import errors
from kit.boundary import Boundary
from kit.drain import Drain
from kit.logging import configure_logging
from kit.metrics import Metrics
from kit.responses import error_response
from kit.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""How long a server keeps an idle connection. A client must let go of it earlier, or it may write into the closing."""

_BY_STATUS: dict[int, tuple[type[errors.ServiceError], str]] = {
    404: (errors.NotFoundError, "There is nothing at this path."),
    405: (errors.MethodNotAllowedError, "This path does not take this method."),
}

_TICK_SECONDS = 0.05
_LEAVE_SECONDS = 15

_PING_SECONDS = 20
"""Between pings on a WebSocket, and how long each may go unanswered."""
_UNREAD_SECONDS = 20
"""How long a peer may take nothing of what is sent to it. Without an end, one that reads no more is never rid of."""


async def on_service_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, errors.ServiceError)
    return error_response(error)


async def on_http_exception(_: Request, error: Exception) -> Response:
    """The framework's own refusals, in our shape."""
    assert isinstance(error, HTTPException)
    kind, message = _BY_STATUS.get(error.status_code, (errors.ServiceError, error.detail))
    return error_response(kind(message, headers=dict(error.headers or {})))


def create_app(
    routes: Sequence[BaseRoute], *, lifespan: Lifespan[Starlette], budget: float, max_body: int
) -> Starlette:
    """`budget`: seconds a request may take. `max_body`: bytes of a request's body, or of a message."""
    metrics = Metrics(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Boundary, budget=budget, max_body=max_body, metrics=metrics)],
        exception_handlers={errors.ServiceError: on_service_error, HTTPException: on_http_exception},
        lifespan=lifespan,
    )
    app.state.drain = Drain()
    app.state.metrics = metrics
    app.state.max_body = max_body
    return app


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
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in (each for server in self.servers for each in server.sockets):
            # Connections inherit it; elsewhere than on Linux there is no such option.
            if sys.platform == "linux":
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_SECONDS * 1000)


def server(app: Starlette, settings: Settings) -> Server:
    """Requests in flight have 30 s to finish."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=30,
        ws="websockets-sansio",
        # A larger message than the application takes must reach it, to be refused as its protocol has it.
        ws_max_size=2 * app.state.max_body,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_PING_SECONDS,
        # Its messages are small, and compressing would cost each connection more memory than all else of it.
        ws_per_message_deflate=False,
    )
    return Server(config, app.state.drain, settings.drain_seconds)


def serve(app: Starlette, settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM."""
    configure_logging(settings.log_level)
    serving = server(app, settings)
    # What is loaded by now stays, and to look through it takes the collector as long as twenty requests.
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt):
        serving.run()
    if not serving.started:
        sys.exit(3)  # as uvicorn's own command does
