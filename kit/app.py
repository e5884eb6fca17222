"""How every application of this system is put together, and served."""

from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from kit import errors
from kit.boundary import Boundary
from kit.logging import configure_logging
from kit.responses import error_response
from kit.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""How long a server keeps an idle connection. A client must let go of it earlier, or it may write into the closing."""

_BY_STATUS: dict[int, tuple[type[errors.ServiceError], str]] = {
    404: (errors.NotFoundError, "There is nothing at this path."),
    405: (errors.MethodNotAllowedError, "This path does not take this method."),
}


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
    """`budget`: seconds a request may take. `max_body`: bytes of a request's body."""
    return Starlette(
        routes=routes,
        middleware=[Middleware(Boundary, budget=budget, max_body=max_body)],
        exception_handlers={errors.ServiceError: on_service_error, HTTPException: on_http_exception},
        lifespan=lifespan,
    )


def serve(app: ASGIApp, settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM; requests in flight have 30 s to finish."""
    configure_logging(settings.log_level)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=30,
    )
