"""One document of the graph, served at its path."""

import asyncio
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.context import Context, Upstreams
from gateway.execution import Engine
from gateway.http.auth import Authenticator
from gateway.http.errors import failure_of
from gateway.http.view import ANSWER_SECONDS, unless_disconnected
from gateway.rest.description import PREFIX, Described
from gateway.rest.parameters import Parameters, UnprocessableError, parameters_of
from gateway.rest.projection import Answered, Projected, projection
from kit.call import current_call
from kit.errors import (
    AuthenticationError,
    DeadlineError,
    ExternalServiceError,
    NotFoundError,
    ServiceError,
    UnavailableError,
)
from kit.openapi import operation
from kit.query import Query
from kit.responses import json_response

BEARER = "Bearer"


@dataclass(frozen=True, slots=True)
class Endpoint:
    document: Described
    parameters: Parameters
    answer: Projected
    engine: Engine
    authenticator: Authenticator

    async def respond(self, request: Request) -> Response:
        """Raises the error of what the answer cannot do without."""
        identity = self.authenticator.identify(request)
        found = self.parameters.read(Query(request.query_params), request.path_params)
        upstreams: Upstreams = request.state.upstreams
        context = upstreams.context(identity)
        try:
            async with asyncio.timeout(current_call.get().remaining() - ANSWER_SECONDS):
                answered = await unless_disconnected(request, self._ask(context, found))
        except TimeoutError:
            raise DeadlineError("The deadline passed before the answer was ready.") from None
        finally:
            context.session.cancel()
        return json_response(self.answer.make(answered.data, (), answered), headers={"Cache-Control": "no-store"})

    async def _ask(self, context: Context, found: dict[str, Any]) -> Answered:
        outcome = await self.engine.run(
            self.document.text,
            context,
            variables=self.parameters.variables(found),
            operation_name=None,
            queries_only=True,
        )
        if outcome.data is None:
            # The document is valid and its variables are checked: no request can be blamed.
            raise failure_of(outcome.errors[0])
        return Answered(outcome.data, outcome.errors, found)

    def route(self) -> Route:
        description = self.document.description
        in_path = [each.documented for each in self.parameters.all if each.in_path]
        errors: list[type[ServiceError]] = [AuthenticationError, ExternalServiceError, UnavailableError]
        errors += [NotFoundError] if in_path else []
        if any(each.check.refused == UnprocessableError.status for each in self.parameters.all):
            errors.append(UnprocessableError)

        @operation(
            summary=description.summary,
            path=in_path,
            query=[each.documented for each in self.parameters.all if not each.in_path],
            answers={200: self.answer.type},
            errors=errors,
            security=[BEARER],
        )
        async def respond(request: Request) -> Response:
            return await self.respond(request)

        return Route(description.path.removeprefix(PREFIX), respond, name=self.document.name)


def endpoint(document: Described, schema: GraphQLSchema, engine: Engine, authenticator: Authenticator) -> Endpoint:
    """Raises DocumentError."""
    parameters = parameters_of(document, schema)
    return Endpoint(document, parameters, projection(document, schema, parameters), engine, authenticator)
