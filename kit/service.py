"""What a service with a database and internal endpoints has in common with every other one."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from kit import migrations as history
from kit.app import create_app
from kit.auth import InternalCredentials
from kit.background import background
from kit.db import Database, database
from kit.events.ingest import Handlers, Ingest
from kit.events.running import event_routes, events
from kit.health import health_routes
from kit.listener import Listener
from kit.openapi.document import document
from kit.openapi.routes import openapi_routes
from kit.scrape import metrics_routes
from kit.settings import ServiceSettings
from kit.statements import Statements
from kit.updates import Updates
from kit.updates.feed import Feed
from kit.updates.running import live_updates, update_routes

API_VERSION = "1.0"


class State(TypedDict):
    database: Database
    feed: Feed
    ingest: Ingest


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

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        opened = given or Database.open(settings)
        listener = Listener(settings.database_url)
        try:
            async with (
                statements.watched(opened.engine),
                live_updates(settings, opened, updates, listener, app.state.drain) as feed,
                events(settings, opened, handlers, chosen, listener) as ingest,
                background(listener.run(), *beside(opened)),
            ):
                yield {"database": opened, "feed": feed, "ingest": ingest}
        finally:
            if given is None:
                await opened.close()

    async def migrated(request: Request) -> bool:
        # A newer schema will do: migrations are written to run beside the code before them.
        revision = await database(request).revision()
        return revision is not None and revision not in history.older(migrations)

    def guard(*, user_required: bool) -> Middleware:
        return Middleware(
            InternalCredentials,
            key=settings.internal_api_key.get_secret_value(),
            services=settings.allowed_service_ids,
            user_required=user_required,
        )

    inside = [*internal, *event_routes(), *update_routes()]
    routes: list[BaseRoute] = [
        *health_routes({"database": migrated}),
        *metrics_routes(),
        *openapi_routes(lambda: document(routes, title, API_VERSION)),
        Mount("/internal/v1", routes=inside, middleware=[guard(user_required=False)]),
        Mount("/v1", routes=on_behalf, middleware=[guard(user_required=True)]),
    ]
    app = create_app(
        routes,
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )
    statements = Statements(app.state.metrics.registry)
    return app
