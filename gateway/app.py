"""The gateway as an application: the list of its routes, and what it opens once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypedDict

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.context import Upstreams, make_upstreams
from gateway.documents import document
from gateway.execution import Engine
from gateway.http import graphiql
from gateway.http.auth import Authenticator
from gateway.http.operations import Operations
from gateway.http.sse import EventStreams
from gateway.http.tokens import development_token
from gateway.http.view import GraphQLView
from gateway.http.websocket import Limits, Sockets
from gateway.live.hub import Hub, make_hub
from gateway.live.source import POLL_SECONDS
from gateway.rest.routes import openapi, rest_routes
from gateway.schema import schema
from gateway.settings import GatewaySettings
from kit import app as kit
from kit.health import health_routes
from kit.openapi.routes import openapi_routes


class State(TypedDict):
    upstreams: Upstreams
    live: Hub


@dataclass(frozen=True, slots=True)
class Transports:
    """What the upstream calls go through; the network, unless a test gives the applications themselves."""

    cms: httpx.AsyncBaseTransport | None = None
    ras: httpx.AsyncBaseTransport | None = None
    entitlements: httpx.AsyncBaseTransport | None = None


def create_app(settings: GatewaySettings, transports: Transports | None = None) -> Starlette:
    """Raises ValueError for a key file or a document that cannot be used."""
    given = transports or Transports()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            cms = await stack.enter_async_context(client(settings, settings.cms_base_url, given.cms))
            ras = await stack.enter_async_context(client(settings, settings.ras_base_url, given.ras))
            entitlements = None
            if url := settings.entitlements_base_url:
                entitlements = await stack.enter_async_context(client(settings, url, given.entitlements))
            upstreams = make_upstreams(settings, cms, ras, entitlements)
            polls = [
                await stack.enter_async_context(poll_client(settings, settings.cms_base_url, given.cms)),
                await stack.enter_async_context(poll_client(settings, settings.ras_base_url, given.ras)),
            ]
            hub = make_hub(settings, upstreams, *polls)
            yield {"upstreams": upstreams, "live": await stack.enter_async_context(hub.open())}

    def page() -> Response:
        teacher = settings.graphiql_teacher
        token = development_token(settings, teacher) if teacher and settings.jwt_secret else None
        return graphiql.page(query=document("dashboard"), token=token)

    engine, authenticator = Engine(schema, settings.max_query_tokens), Authenticator(settings)
    operations = Operations(engine, budget=settings.request_timeout_seconds, tell_upstream=settings.development)
    view = GraphQLView(
        engine,
        authenticator,
        graphiql=page if settings.development else None,
        tell_upstream=settings.development,
        streamed=EventStreams(operations, settings.slow_client_seconds).response,
    )
    sockets = Sockets(operations, authenticator, limits(settings))
    described: list[BaseRoute] = [
        *health_routes({}),
        *openapi_routes(lambda: openapi(described)),
        *rest_routes(engine, authenticator),
    ]
    return kit.create_app(
        [
            *described,
            Route("/graphql", view.respond, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", sockets.serve),
            *([graphiql.ASSETS] if settings.development else []),
        ],
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )


def client(
    settings: GatewaySettings,
    base_url: str,
    transport: httpx.AsyncBaseTransport | None,
    *,
    connections: int | None = None,
    timeout: httpx.Timeout | None = None,
) -> httpx.AsyncClient:
    """As the settings have it, where nothing else is given."""
    most = connections or settings.upstream_connections
    return httpx.AsyncClient(
        base_url=base_url,
        transport=transport,
        # The deadline of a whole call is the transport module's; these bound its single steps.
        timeout=timeout or settings.http_client_timeout_seconds,
        limits=httpx.Limits(
            max_connections=most, max_keepalive_connections=most, keepalive_expiry=kit.KEEP_ALIVE_SECONDS / 2
        ),
        trust_env=False,
    )


def poll_client(
    settings: GatewaySettings, base_url: str, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """For polls that wait: they would leave no connection to those who do not."""
    timeout = httpx.Timeout(POLL_SECONDS, connect=settings.http_client_timeout_seconds)
    return client(settings, base_url, transport, connections=settings.live_connections, timeout=timeout)


def limits(settings: GatewaySettings) -> Limits:
    return Limits(settings.max_body_bytes, settings.max_socket_operations, settings.slow_client_seconds)
