"""One document of the graph, served at its path."""

import time
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.context import Context, Identity, Upstreams
from gateway.execution import Engine, Outcome, Prepared
from gateway.http.accounts import HTTP, Account
from gateway.http.admission import Admission
from gateway.http.auth import Authenticator
from gateway.http.csrf import require_preflight
from gateway.http.disconnect import Watch
from gateway.http.errors import failure_of
from gateway.http.view import ANSWER_SECONDS
from gateway.metrics import GatewayMetrics
from gateway.rest.description import PREFIX, Described, DocumentError
from gateway.rest.parameters import Parameters, UnprocessableError, parameters_of
from gateway.rest.projection import Answered, Projected, projection
from kit.boundary import TOLD
from kit.deadline import deadline_of
from kit.errors import (
    AuthenticationError,
    AuthorizationError,
    ExternalServiceError,
    NotFoundError,
    RateLimitError,
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
    prepared: Prepared
    engine: Engine
    authenticator: Authenticator
    admission: Admission
    metrics: GatewayMetrics

    async def respond(self, request: Request) -> Response:
        """Raises the error of what the answer cannot do without."""
        identity = self.authenticator.known(request) or await self.authenticator.identify(request)
        require_preflight(request)
        self.admission.charge(identity)
        found = self.parameters.read(Query(request.query_params), request.path_params)
        upstreams: Upstreams = request.state.upstreams
        context = upstreams.context(identity)
        account = self._account(request, identity)
        try:
            with deadline_of(request.scope).early(ANSWER_SECONDS), Watch(request):
                answered = await self._ask(context, found, account)
        finally:
            context.session.cancel()
        return json_response(self.answer.make(answered.data, (), answered), headers={"Cache-Control": "no-store"})

    async def _ask(self, context: Context, found: dict[str, Any], account: Account) -> Answered:
        outcome = None
        try:
            async with self.admission:
                begun = time.perf_counter()
                outcome = await self._executed(context, found)
            account.executed(outcome, begun)
        finally:
            account.close_rest(outcome, len(context.session.calls))
        if outcome.data is None:
            # The document is valid and its variables are checked: no request can be blamed.
            raise failure_of(outcome.errors[0])
        return Answered(outcome.data, outcome.errors, found)

    async def _executed(self, context: Context, found: dict[str, Any]) -> Outcome:
        variables = self.parameters.variables(found)
        return await self.engine.execute(
            self.prepared, context, variables=variables, operation_name=None, queries_only=True
        )

    def _account(self, request: Request, identity: Identity) -> Account:
        return Account(
            self.metrics,
            self.prepared,
            None,
            user_id=identity.user_id,
            transport=HTTP,
            line=request.scope[TOLD],
            begun=time.perf_counter(),
        )

    def route(self) -> Route:
        description = self.document.description
        in_path = [each.documented for each in self.parameters.all if each.in_path]
        errors: list[type[ServiceError]] = [AuthenticationError, AuthorizationError, RateLimitError]
        errors += [ExternalServiceError, UnavailableError]
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


def endpoint(
    document: Described, engine: Engine, authenticator: Authenticator, admission: Admission, metrics: GatewayMetrics
) -> Endpoint:
    """Raises DocumentError, also for a document that the limits of any other do not let through."""
    schema, parameters = engine.schema, parameters_of(document, engine.schema)
    answer, prepared = projection(document, schema, parameters), replace(engine.prepared(document.text), trusted=True)
    if prepared.errors:
        raise DocumentError(f"{document.name}.graphql: {prepared.errors[0].message}")
    return Endpoint(document, parameters, answer, prepared, engine, authenticator, admission, metrics)
