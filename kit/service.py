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
    """`migrations` names the history whose head the database must stand at for the service to be ready."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        opened = given or Database.open(settings)
        try:
            yield {"database": opened}
        finally:
            if given is None:
                await opened.close()

    async def at_head(request: Request) -> bool:
        return await database(request).revision() == history.head(migrations)

    guard = Middleware(
        InternalCredentials,
        key=settings.internal_api_key.get_secret_value(),
        services=settings.allowed_service_ids,
    )
    return create_app(
        [*health_routes({"database": at_head}), Mount("/internal/v1", routes=internal, middleware=[guard])],
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )
