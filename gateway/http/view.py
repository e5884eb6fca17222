"""`/graphql`: who asks, then what, then the answer; for a browser in development, GraphiQL."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.context import Identity
from gateway.http.auth import Authenticator
from gateway.http.csrf import require_preflight
from gateway.http.disconnect import Watch
from gateway.http.errors import present_refusal
from gateway.http.media import EVENT_STREAM, HTML, JSON, OFFERED, PARTS, Accepted, accepted, negotiate
from gateway.http.multipart import Multipart
from gateway.http.operations import Operations
from gateway.http.request import PARAMETERS, idempotency_key, read_request
from gateway.http.sse import EventStreams
from kit.boundary import TOLD
from kit.deadline import deadline_of
from kit.errors import MethodNotAllowedError, NotAcceptableError, ServiceError
from kit.header_fields import every
from kit.responses import Whole, encode_json

METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
ALLOW = {"Allow": ", ".join(METHODS)}
HEADERS = {"Cache-Control": "no-store", "Accept-Query": JSON}
ANSWER_SECONDS = 0.05
"""Left of the budget when an unanswered request gives up: time to say so."""


class GraphQLView:
    """`graphiql` makes the page for a browser; without it, as in production, there is none."""

    def __init__(
        self,
        operations: Operations,
        authenticator: Authenticator,
        *,
        graphiql: Callable[[], Response] | None,
        streams: EventStreams,
        max_json_depth: int,
    ) -> None:
        self.operations = operations
        self.streams = streams
        self.max_json_depth = max_json_depth
        self.authenticator = authenticator
        self.graphiql = graphiql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever the method, so that every refusal is one of GraphQL."""
        request, media_type = Request(scope, receive, send), JSON
        try:
            response = None if scope["method"] == "POST" else self._of_anybody(request)
            if response is None:
                accepts = accepted(accept_of(request))
                media_type = accepts.media_type
                identity = self.authenticator.known(request) or await self.authenticator.identify(request)
                scope[TOLD]["user_id"] = identity.user_id
                require_preflight(request)
                self.operations.admission.charge(identity)
                with deadline_of(scope).early(ANSWER_SECONDS):
                    response = await self._answer(request, identity, accepts)
        except ServiceError as error:
            response = self._refused(request, error, media_type)
        await response(scope, receive, send)

    def _of_anybody(self, request: Request) -> Response | None:
        """What is answered without asking who that is. Raises MethodNotAllowedError."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=HEADERS | ALLOW)
        if request.method not in METHODS:
            raise MethodNotAllowedError(f"This path takes {', '.join(METHODS)}.", headers=ALLOW)
        return self.graphiql() if self.graphiql and opened_by_browser(request) else None

    def _refused(self, request: Request, error: ServiceError, media_type: str) -> Response:
        self.operations.metrics.operations.refused(error.code, error.reason)
        request.scope[TOLD]["codes"] = [error.code]
        return refusal(error, media_type)

    async def _answer(self, request: Request, identity: Identity, accepts: Accepted) -> Response:
        method, media_type = request.scope["method"], accepts.media_type
        has_body = method != "HEAD"
        if media_type == EVENT_STREAM and not has_body:
            raise NotAcceptableError("HEAD has no stream.")
        operation = self.operations.operation(
            await read_request(request, self.max_json_depth),
            identity,
            request.scope["state"],
            queries_only=method != "POST",
            idempotency_key=idempotency_key(request),
            in_parts=accepts.in_parts and has_body,
            line=request.scope[TOLD],
        )
        if media_type == EVENT_STREAM or (accepts.events and operation.streams and has_body):
            return self.streams.response(request, operation)
        with Watch(request):
            answer = await self.operations.answer(operation)
        if answer.later or (answer.executed and media_type == PARTS):
            return Multipart(answer.body, answer.later, self.streams.unread_seconds)
        failed = not answer.executed and media_type != JSON
        begun = time.perf_counter()
        response = respond(answer.body, answer.status if failed else 200, media_type)
        self.operations.metrics.operations.encoded(time.perf_counter() - begun)
        return response


def opened_by_browser(request: Request) -> bool:
    """A browser that opens the address, rather than a client that sends a query."""
    if request.method != "GET" or not PARAMETERS.isdisjoint(request.query_params):
        return False
    return negotiate(accept_of(request), (*OFFERED, HTML)) == HTML


def accept_of(request: Request) -> str | None:
    """A list may be spread over several headers."""
    given = every(request.scope, b"accept")
    return ", ".join(given) if given else None


def refusal(error: ServiceError, media_type: str = JSON) -> Response:
    return respond({"errors": present_refusal(error)}, error.status, media_type, error.headers)


def respond(body: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    # As an event stream, a browser would show its owner nothing of it.
    shown = JSON if media_type in (EVENT_STREAM, PARTS) else media_type
    response = Whole(encode_json(body), status, _head(shown))
    if headers:
        response.headers.update(headers)
    return response


@cache
def _head(media_type: str) -> list[tuple[bytes, bytes]]:
    head = Response(headers=HEADERS, media_type=f"{media_type}; charset=utf-8").raw_headers
    return [each for each in head if each[0] != b"content-length"]
