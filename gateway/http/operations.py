"""Operations, and their answers as a client sees them: one, or as many as come over a stream."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

from graphql import OperationType
from msgspec import Struct

from gateway.context import Context, Identity, Upstreams
from gateway.deferring import Rest
from gateway.execution import Engine, Outcome, Prepared
from gateway.http.accounts import HTTP, Account
from gateway.http.admission import Admission
from gateway.http.errors import present, present_refusal, status_of
from gateway.http.later import Later
from gateway.http.request import GraphQLRequest
from gateway.live.hub import Hub
from gateway.metrics import GatewayMetrics
from gateway.trusted.documents import Documents
from kit.call import renew_call
from kit.errors import ServiceError


class Answer(Struct, frozen=True):
    """`executed` is False for errors that end the operation. `later`: the parts after this one, if there are any.

    `status`: where nothing was executed and the media type lets the status say so.
    """

    body: dict[str, Any]
    executed: bool
    later: Later | None = None
    status: int = 400


class Operation(Struct, frozen=True):
    """Somebody's, parsed and validated. `upstreams` and `hub` are the process's."""

    asked: GraphQLRequest
    prepared: Prepared
    identity: Identity
    upstreams: Upstreams
    hub: Hub
    queries_only: bool
    idempotency_key: str | None
    in_parts: bool
    account: Account

    @property
    def streams(self) -> bool:
        return self.prepared.chosen(self.asked.operation_name).type is OperationType.SUBSCRIPTION

    def context(self) -> Context:
        return self.upstreams.context(self.identity, self.idempotency_key, self.account.transport)


class Operations:
    """`budget`: seconds that each answer may take."""

    def __init__(
        self,
        engine: Engine,
        documents: Documents,
        metrics: GatewayMetrics,
        *,
        admission: Admission,
        budget: float,
        tell_upstream: bool,
        tell_cost: bool,
    ) -> None:
        self.engine = engine
        self.documents = documents
        self.metrics = metrics
        self.admission = admission
        self.budget = budget
        self.tell_upstream = tell_upstream
        self.tell_cost = tell_cost

    def operation(
        self,
        asked: GraphQLRequest,
        identity: Identity,
        state: Mapping[str, Any],
        *,
        queries_only: bool = False,
        idempotency_key: str | None = None,
        in_parts: bool = False,
        transport: str = HTTP,
        line: dict[str, Any] | None = None,
    ) -> Operation:
        """`state` is the lifespan's. `queries_only` leaves subscriptions, too, and refuses mutations.

        `in_parts`: what the document defers may come later. `line`: of the request, where it has no other operation.
        Raises ValidationError where no document is named.
        """
        begun = time.perf_counter()
        prepared = self.documents.prepared(asked, identity)
        account = Account(
            self.metrics,
            prepared,
            asked.operation_name,
            user_id=identity.user_id,
            transport=transport,
            line=line,
            begun=begun,
        )
        return Operation(
            asked,
            prepared,
            identity,
            state["upstreams"],
            state["live"],
            queries_only,
            idempotency_key,
            in_parts,
            account,
        )

    async def answer(self, operation: Operation) -> Answer:
        """The one of a query or mutation, within the budget of the call that is under way.

        Raises MethodNotAllowedError for another operation than a query where only queries may be,
        NotAcceptableError for a subscription, and UnavailableError when there is no turn.
        """
        context, answer = operation.context(), None
        try:
            if not self.admission.begins():
                await self.admission.begun()
            try:
                begun = time.perf_counter()
                outcome = await self.engine.execute(
                    operation.prepared,
                    context,
                    variables=operation.asked.variables,
                    operation_name=operation.asked.operation_name,
                    queries_only=operation.queries_only,
                    in_parts=operation.in_parts,
                )
            finally:
                self.admission.end()
            operation.account.executed(outcome, begun)
            answer = self._answer(outcome, context)
            return answer
        finally:
            operation.account.close(answer.body if answer else None, len(context.session.calls))
            if answer is None or answer.later is None:  # which whoever sends it ends
                context.session.cancel()

    async def answers(self, operation: Operation) -> AsyncGenerator[Answer, None]:
        """In one task from first to last: each answer has a budget and a context of its own."""
        try:
            if operation.streams:
                with operation.account.open():
                    async with aclosing(self._events(operation)) as events:
                        async for event in events:
                            operation.account.event(event.body, executed=event.executed)
                            yield event
            else:
                renew_call(self.budget)
                yield await self.answer(operation)
        except ServiceError as error:
            self.metrics.operations.refused(error.code, error.reason)
            yield Answer({"errors": present_refusal(error)}, executed=False)

    async def _events(self, operation: Operation) -> AsyncGenerator[Answer, None]:
        used: list[Context] = []

        def context() -> Context:
            renew_call(self.budget)
            used[:] = [operation.context()]
            return used[0]

        await self.admission.turn()
        asked = operation.asked
        stream = self.engine.subscribe(
            operation.prepared, context, operation.hub, variables=asked.variables, operation_name=asked.operation_name
        )
        async with aclosing(stream):
            async for outcome in stream:
                yield self._answer(outcome, used[0])

    def _answer(self, outcome: Outcome, context: Context) -> Answer:
        body: dict[str, Any] = {"data": outcome.data} if outcome.executed else {}
        if outcome.errors:
            body["errors"] = present(outcome.errors)
        if self.tell_upstream or self.tell_cost or not outcome.executed:
            body |= self._extended(context, outcome)
        if not outcome.executed:
            return Answer(body, executed=False, status=status_of(outcome.errors))
        return Answer(body, executed=True, later=self._later(outcome.rest, context) if outcome.rest else None)

    def _later(self, rest: Rest, context: Context) -> Later:
        return Later(rest, context, extended=partial(self._extended, context), turn=self.admission)

    def _extended(self, context: Context, outcome: Outcome | None = None) -> dict[str, Any]:
        """A later part of an answer has no outcome of its own: what the whole costs is told with the first."""
        told: dict[str, Any] = {"upstream": context.session.calls} if self.tell_upstream else {}
        if outcome and outcome.cost and (self.tell_cost or not outcome.executed):
            told["cost"] = outcome.cost.told(outcome.data)
        return {"extensions": told} if told else {}
