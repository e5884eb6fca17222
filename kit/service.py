"""What a service with a database and internal endpoints has in common with every other one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount

from kit import migrations as history
from kit.app import create_app
from kit.auth import InternalCredentials
from kit.db import Database, database
from kit.health import health_routes
from kit.settings import ServiceSettings


class State(TypedDict):
    database: Database


def service_app(
    settings: ServiceSettings, given: Database | None, *, migrations: str, internal: Sequence[BaseRoute]
) -> Starlette:
    """`migrations` names the history that the database must have been through for the service to be ready."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        opened = given or Database.open(settings)
        try:
            yield {"database": opened}
        finally:
            if given is None:
                await opened.close()

    async def migrated(request: Request) -> bool:
        # A newer schema will do: migrations are written to run beside the code before them.
        revision = await database(request).revision()
        return revision is not None and revision not in history.older(migrations)

    guard = Middleware(
        InternalCredentials,
        key=settings.internal_api_key.get_secret_value(),
        services=settings.allowed_service_ids,
    )
    return create_app(
        [*health_routes({"database": migrated}), Mount("/internal/v1", routes=internal, middleware=[guard])],
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )
