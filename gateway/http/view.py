"""`/graphql`: who asks, then what, then the answer; for a browser in development, GraphiQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway.context import Context, Identity, Upstreams
from gateway.execution import Engine, Outcome
from gateway.http.auth import Authenticator
from gateway.http.errors import present, present_refusal
from gateway.http.media import EVENT_STREAM, GRAPHQL, HTML, JSON, negotiate
from gateway.http.request import GraphQLRequest, idempotency_key, read_request
from kit.call import current_call
from kit.errors import DeadlineError, ServiceError
from kit.responses import encode_json

T = TypeVar("T")
Streamed = Callable[[Request, GraphQLRequest, Identity], Response]

OFFERED = (JSON, GRAPHQL, EVENT_STREAM)
ANSWER_SECONDS = 0.05
"""Left of the budget when an unanswered request gives up: time to say so."""


class GraphQLView:
    """`graphiql` makes the page for a browser; without it, as in production, there is none.

    `streamed` answers whoever asks for an event stream.
    """

    def __init__(
        self,
        engine: Engine,
        authenticator: Authenticator,
        *,
        graphiql: Callable[[], Response] | None,
        tell_upstream: bool,
        streamed: Streamed,
    ) -> None:
        self.engine = engine
        self.streamed = streamed
        self.authenticator = authenticator
        self.graphiql = graphiql
        self.tell_upstream = tell_upstream

    async def respond(self, request: Request) -> Response:
        media_type = JSON
        try:
            if self.graphiql and opened_by_browser(request):
                return self.graphiql()
            media_type = negotiate(request.headers.get("accept"), OFFERED)
            identity = self.authenticator.identify(request)
            async with asyncio.timeout(current_call.get().remaining() - ANSWER_SECONDS):
                return await self._answer(request, identity, media_type)
        except TimeoutError:
            return refusal(DeadlineError("The deadline passed before the answer was ready."), media_type)
        except ServiceError as error:
            return refusal(error, media_type)

    async def _answer(self, request: Request, identity: Identity, media_type: str) -> Response:
        asked = await read_request(request)
        if media_type == EVENT_STREAM:
            return self.streamed(request, asked, identity)
        upstreams: Upstreams = request.state.upstreams
        context = upstreams.context(identity, idempotency_key(request))
        try:
            outcome = await unless_disconnected(request, self._run(request, asked, context))
        finally:
            context.session.cancel()
        body: dict[str, Any] = {"data": outcome.data} if outcome.executed else {}
        if outcome.errors:
            body["errors"] = present(outcome.errors)
        if self.tell_upstream:
            body["extensions"] = {"upstream": context.session.calls}
        failed = not outcome.executed and media_type == GRAPHQL
        return respond(body, 400 if failed else 200, media_type)

    def _run(self, request: Request, asked: GraphQLRequest, context: Context) -> Awaitable[Outcome]:
        return self.engine.run(
            asked.query,
            context,
            variables=asked.variables,
            operation_name=asked.operation_name,
            queries_only=request.method == "GET",
        )


def opened_by_browser(request: Request) -> bool:
    """A browser that opens the address, rather than a client that sends a query."""
    if request.method != "GET" or "query" in request.query_params:
        return False
    return negotiate(request.headers.get("accept"), (*OFFERED, HTML)) == HTML


async def unless_disconnected(request: Request, work: Awaitable[T]) -> T:
    """The work's result; when the client hangs up first the work is cancelled, and ClientDisconnect raised."""
    running = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise ClientDisconnect
        return running.result()
    finally:
        running.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def refusal(error: ServiceError, media_type: str) -> Response:
    # As an event stream, a browser would show its owner nothing of it.
    shown = JSON if media_type == EVENT_STREAM else media_type
    return respond({"errors": present_refusal(error)}, error.status, shown, error.headers)


def respond(body: dict[str, Any], status: int, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Response(encode_json(body), status, {"Cache-Control": "no-store", **(headers or {})}, media_type)
