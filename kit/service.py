"""What a service with a database and internal endpoints has in common with every other one."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from kit import migrations as history
from kit.app import create_app
from kit.auth import InternalCredentials
from kit.db import Database, database
from kit.events.handling import Handlers
from kit.events.running import event_routes
from kit.health import health_routes
from kit.lifespan import Work
from kit.openapi.document import document
from kit.openapi.routes import openapi_routes
from kit.scrape import metrics_routes
from kit.settings import ServiceSettings
from kit.statements import Statements
from kit.tracing import tracing
from kit.updates import Updates
from kit.updates.running import update_routes

API_VERSION = "1.0"


def service_app(
    settings: ServiceSettings,
    given: Database | None,
    *,
    title: str,
    migrations: str,
    internal: Sequence[BaseRoute],
    on_behalf: Sequence[BaseRoute] = (),
    updates: Updates,
    handlers: Handlers,
    subscribers: Mapping[str, Sequence[str]],
    beside: Callable[[Database], Sequence[Coroutine[Any, Any, None]]] = lambda _: (),
) -> Starlette:
    """`migrations` names the history that the database must have been through for the service to be ready.

    `internal` is at `/internal/v1`; `on_behalf` is at `/v1`, where a teacher must be named. `subscribers`: URLs by
    type of event, where the settings name none. `beside`: what runs beside the requests.
    """
    chosen = subscribers if settings.event_subscribers is None else settings.event_subscribers
    inside = [*internal, *event_routes(), *update_routes()]
    routes: list[BaseRoute] = [
        # First what is asked for most: a path is compared to one after the other.
        Mount("/internal/v1", routes=inside, middleware=[_guard(settings, user_required=False)]),
        Mount("/v1", routes=on_behalf, middleware=[_guard(settings, user_required=True)]),
        *health_routes({"database": lambda request: _migrated(request, migrations)}),
        *metrics_routes(),
        *openapi_routes(lambda: document(routes, title, API_VERSION)),
    ]
    work = Work(settings=settings, given=given, updates=updates, handlers=handlers, subscribers=chosen, beside=beside)
    app = create_app(
        routes,
        lifespan=work.lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
        tracing=tracing(settings, settings.service_id),
    )
    app.state.statements = Statements(app.state.metrics.registry)
    return app


async def _migrated(request: Request, migrations: str) -> bool:
    # A newer schema will do: migrations are written to run beside the code before them.
    revision = await database(request).revision()
    return revision is not None and revision not in history.older(migrations)


def _guard(settings: ServiceSettings, *, user_required: bool) -> Middleware:
    return Middleware(
        InternalCredentials,
        key=settings.internal_api_key.get_secret_value(),
        services=settings.allowed_service_ids,
        user_required=user_required,
    )
