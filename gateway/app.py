"""The gateway as an application: the list of its routes, and what it opens once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypedDict

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from gateway.context import Upstreams, make_upstreams
from gateway.documents import document
from gateway.execution import Engine
from gateway.http import graphiql
from gateway.http.auth import Authenticator
from gateway.http.tokens import development_token
from gateway.http.view import GraphQLView
from gateway.schema import schema
from gateway.settings import GatewaySettings
from kit import app as kit
from kit.health import health_routes


class State(TypedDict):
    upstreams: Upstreams


@dataclass(frozen=True, slots=True)
class Transports:
    """What the upstream calls go through; the network, unless a test gives the applications themselves."""

    cms: httpx.AsyncBaseTransport | None = None
    ras: httpx.AsyncBaseTransport | None = None


def create_app(settings: GatewaySettings, transports: Transports | None = None) -> Starlette:
    """Raises ValueError for a key file that cannot be used."""
    given = transports or Transports()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            cms = await stack.enter_async_context(client(settings, settings.cms_base_url, given.cms))
            ras = await stack.enter_async_context(client(settings, settings.ras_base_url, given.ras))
            yield {"upstreams": make_upstreams(settings, cms, ras)}

    def page() -> Response:
        teacher = settings.graphiql_teacher
        token = development_token(settings, teacher) if teacher and settings.jwt_secret else None
        return graphiql.page(query=document("dashboard"), token=token)

    view = GraphQLView(
        Engine(schema, settings.max_query_tokens),
        Authenticator(settings),
        graphiql=page if settings.development else None,
        tell_upstream=settings.development,
    )
    return kit.create_app(
        [
            *health_routes({}),
            Route("/graphql", view.respond, methods=["GET", "POST"]),
            *([graphiql.ASSETS] if settings.development else []),
        ],
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )


def client(settings: GatewaySettings, base_url: str, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        # The deadline of a whole call is the transport module's; these bound its single steps.
        timeout=settings.http_client_timeout_seconds,
        limits=httpx.Limits(
            max_connections=settings.upstream_connections,
            max_keepalive_connections=settings.upstream_connections,
            keepalive_expiry=kit.KEEP_ALIVE_SECONDS / 2,
        ),
        trust_env=False,
    )
