"""The gateway as an application: the list of its routes."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.documents import document
from gateway.execution import Engine
from gateway.http import graphiql
from gateway.http.admission import Admission, AdmissionLimits
from gateway.http.answer_headers import DEFAULTS
from gateway.http.auth import Authenticator
from gateway.http.cors import Cors
from gateway.http.operations import Operations
from gateway.http.origins import Origins
from gateway.http.sse import EventStreams
from gateway.http.tokens import development_token
from gateway.http.view import GraphQLView, refusal
from gateway.http.websocket import Limits, Sockets
from gateway.lifespan import Opening, Transports
from gateway.metrics import GatewayMetrics
from gateway.metrics.endpoint import metrics_routes
from gateway.metrics.watching import read_engine
from gateway.rest.description import PREFIX
from gateway.rest.routes import openapi, rest_routes
from gateway.schema import schema
from gateway.settings import GatewaySettings
from gateway.trusted.documents import documents
from kit import app as kit
from kit.health import health_routes
from kit.openapi.routes import openapi_routes
from kit.tracing import tracing


def create_app(settings: GatewaySettings, transports: Transports | None = None) -> Starlette:
    """Raises ValueError for a key file or a document that cannot be used."""
    engine = Engine(schema, settings.document_limits, settings.max_deferred_parts)
    authenticator = Authenticator(settings)
    admission = Admission(AdmissionLimits.of(settings))
    metrics = GatewayMetrics()
    read_engine(metrics, engine)
    metrics.standing.read("auth_tokens", authenticator.counts)
    metrics.standing.read("graphql_admitted", admission.counts)
    operations = Operations(
        engine,
        documents(settings, engine),
        metrics,
        admission=admission,
        budget=settings.request_timeout_seconds,
        tell_upstream=settings.development,
        tell_cost=settings.development if settings.tell_cost is None else settings.tell_cost,
    )
    described: list[BaseRoute] = [
        *health_routes(authenticator.checks),
        *openapi_routes(lambda: openapi(described)),
        *rest_routes(engine, authenticator, admission, metrics=metrics),
    ]
    graph = graph_routes(settings, operations, authenticator)
    measured = metrics_routes(metrics, settings.metrics_token, open_to_all=settings.development)
    return kit.create_app(
        [*described, *measured, *graph],
        straight=[each for each in graph if isinstance(each, Route)],
        lifespan=Opening(settings, transports or Transports(), metrics, authenticator).lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
        telling={"/graphql": refusal},
        outermost=[Middleware(Cors, origins=Origins(settings.cors_origins), paths=("/graphql", f"{PREFIX}/"))],
        defaults=DEFAULTS,
        tracing=tracing(settings, settings.service_id),
    )


def graph_routes(settings: GatewaySettings, operations: Operations, authenticator: Authenticator) -> list[BaseRoute]:
    def page() -> Response:
        teacher = settings.graphiql_teacher
        roles = ("teacher", *settings.trusted_documents_exempt_roles)  # what is typed there is no trusted document
        token = development_token(settings, teacher, roles=roles) if teacher and settings.jwt_secret else None
        return graphiql.page(query=document("dashboard"), token=token)

    view = GraphQLView(
        operations,
        authenticator,
        graphiql=page if settings.development else None,
        streams=EventStreams(operations, settings.slow_client_seconds),
        max_json_depth=settings.max_json_depth,
    )
    limits = Limits(
        settings.max_body_bytes, settings.max_socket_operations, settings.slow_client_seconds, settings.max_json_depth
    )
    return [
        Route("/graphql", view),
        WebSocketRoute("/graphql", Sockets(operations, authenticator, limits).serve),
        *([graphiql.ASSETS] if settings.development else []),
    ]
