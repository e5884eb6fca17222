"""Operations whose answers go over a stream: as many as come, each as the client sees it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from gateway.context import Context, Identity, Upstreams
from gateway.execution import Engine, Outcome, Prepared
from gateway.http.errors import present, present_refusal
from gateway.http.request import GraphQLRequest
from gateway.live.hub import Hub
from kit.call import renew_call
from kit.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Answer:
    """`executed` is False for errors that end the operation."""

    body: dict[str, Any]
    executed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """Somebody's, parsed and validated. `upstreams` and `hub` are the process's."""

    asked: GraphQLRequest
    prepared: Prepared
    identity: Identity
    upstreams: Upstreams
    hub: Hub
    queries_only: bool
    idempotency_key: str | None

    @property
    def streams(self) -> bool:
        return self.prepared.subscription(self.asked.operation_name) is not None


class Operations:
    """`budget`: seconds that each answer may take."""

    def __init__(self, engine: Engine, *, budget: float, tell_upstream: bool) -> None:
        self.engine = engine
        self.budget = budget
        self.tell_upstream = tell_upstream

    def operation(
        self,
        asked: GraphQLRequest,
        identity: Identity,
        state: Any,
        *,
        queries_only: bool = False,
        idempotency_key: str | None = None,
    ) -> Operation:
        """`state` is the lifespan's. `queries_only` leaves subscriptions, too, and refuses mutations."""
        prepared = self.engine.prepared(asked.query)
        return Operation(asked, prepared, identity, state.upstreams, state.live, queries_only, idempotency_key)

    async def answers(self, operation: Operation) -> AsyncGenerator[Answer, None]:
        """In one task from first to last: each answer has a budget and a context of its own."""
        used: list[Context] = []

        def context() -> Context:
            renew_call(self.budget)
            used[:] = [operation.upstreams.context(operation.identity, operation.idempotency_key)]
            return used[0]

        try:
            async with aclosing(self._outcomes(operation, context)) as outcomes:
                async for outcome in outcomes:
                    yield self._answer(outcome, used[0])
        except ServiceError as error:
            yield Answer({"errors": present_refusal(error)}, executed=False)

    async def _outcomes(self, operation: Operation, context: Callable[[], Context]) -> AsyncGenerator[Outcome, None]:
        asked, name = operation.asked, operation.asked.operation_name
        if operation.streams:
            stream = self.engine.subscribe(
                operation.prepared, context, operation.hub, variables=asked.variables, operation_name=name
            )
            async with aclosing(stream):
                async for outcome in stream:
                    yield outcome
            return
        mine = context()
        try:
            yield await self.engine.execute(
                operation.prepared,
                mine,
                variables=asked.variables,
                operation_name=name,
                queries_only=operation.queries_only,
            )
        finally:
            mine.session.cancel()

    def _answer(self, outcome: Outcome, context: Context) -> Answer:
        body: dict[str, Any] = {"data": outcome.data} if outcome.executed else {}
        if outcome.errors:
            body["errors"] = present(outcome.errors)
        if self.tell_upstream:
            body["extensions"] = {"upstream": context.session.calls}
        return Answer(body, outcome.executed)
