"""One operation against the graph: parsed and validated once per document, executed by its plan or graphql-core."""

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    create_source_event_stream,
    parse,
)
from graphql.utilities import get_operation_ast
from strawberry import Schema

from gateway import tracing
from gateway.context import Context
from gateway.deferring import Rest, Result, defers, executed_in_parts, parted
from gateway.executor import Document, Plans
from gateway.limits.cost import Charged, Costs
from gateway.limits.document import DEFAULT, DocumentLimits
from gateway.limits.recent import Recent
from gateway.limits.shape import excesses, refusal
from gateway.schema.scalars import NATIVE
from gateway.validation import Validation
from kit.errors import MethodNotAllowedError, NotAcceptableError

CACHED_CHARACTERS = 16_384
"""Longer documents are not kept, so that the cache stays small whatever is sent."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, or what is wrong with it."""

    document: DocumentNode | None
    errors: Sequence[GraphQLError] = ()
    planned: Document | None = None
    costs: Costs | None = None
    defers: bool = False
    trusted: bool = False

    def subscription(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, if it is one."""
        operation = get_operation_ast(self.document, name) if self.document else None
        return operation if operation and operation.operation is OperationType.SUBSCRIPTION else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`executed` is False for a request error: the answer has no data then. `rest` is what comes later of it."""

    data: dict[str, Any] | None
    errors: Sequence[GraphQLError]
    executed: bool
    rest: Rest | None = None
    cost: Charged | None = None


class Engine:
    def __init__(self, schema: Schema, limits: DocumentLimits = DEFAULT, max_parts: int = 200) -> None:
        self.schema: GraphQLSchema = schema._schema  # noqa: SLF001  Strawberry offers no other way to graphql-core
        self.limits = limits
        self.validation = Validation(self.schema, limits)
        self.max_parts = max_parts
        self.plans = Plans(self.schema, NATIVE)
        self._telling: dict[str, Any] = {
            "max_coercion_errors": limits.errors,
            "hide_suggestions": not limits.suggestions,
        }
        self.kept: Recent[Prepared] = Recent(limits.kept_tokens)
        self.told: Callable[[float], object] = lambda _: None
        """The seconds that preparing any other took."""

    async def execute(
        self,
        prepared: Prepared,
        context: Context,
        *,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        queries_only: bool,
        in_parts: bool = False,
    ) -> Outcome:
        """`in_parts`: what is deferred may come later; elsewhere it is not deferred.

        Raises MethodNotAllowedError for another operation than a query where only queries may be, and
        NotAcceptableError for a subscription.
        """
        if prepared.document is None or prepared.planned is None:
            return self._refused(prepared.errors)
        operation = get_operation_ast(prepared.document, operation_name)
        if queries_only and operation and operation.operation is not OperationType.QUERY:
            raise MethodNotAllowedError("GET and QUERY are for queries; use POST.", headers={"Allow": "POST"})
        if operation and operation.operation is OperationType.SUBSCRIPTION:
            raise NotAcceptableError("Subscriptions are answered as text/event-stream, or over a WebSocket.")
        cost = self._cost(prepared, operation, variables)
        if cost and cost.estimated > cost.limit:
            return self._too_costly(cost)
        execute = self._in_parts if in_parts and prepared.defers else self._at_once
        with tracing.operating(operation) as told, tracing.executing(operation):
            begun = execute(prepared, context=context, variables=variables, operation_name=operation_name)
            result, rest = parted(await begun if inspect.isawaitable(begun) else begun)
            tracing.failing(told, result.errors or ())
        errors = result.errors or []
        # What failed before the first field, such as a variable's coercion, has no path.
        if result.data is None and not any(each.path for each in errors):
            return self._refused(errors)
        return Outcome(result.data, errors, executed=True, rest=rest, cost=cost)

    def _at_once(self, prepared: Prepared, **asked: Any) -> Result | Awaitable[Result]:
        assert prepared.planned
        return prepared.planned.execute(**asked, **self._telling)

    def _in_parts(self, prepared: Prepared, **asked: Any) -> Result | Awaitable[Result]:
        assert prepared.document
        return executed_in_parts(self.schema, prepared.document, **asked, **self._telling, max_parts=self.max_parts)

    async def subscribe(
        self,
        prepared: Prepared,
        contexts: Callable[[], Context],
        root: Any,
        *,
        variables: dict[str, Any] | None,
        operation_name: str | None,
    ) -> AsyncGenerator[Outcome, None]:
        """Of a document with such a subscription: an outcome per event, each executed with a context of its own.

        One that was not executed is the last. `root` is what the subscription's resolver finds as the root value.
        """
        operation, document = prepared.subscription(operation_name), prepared.document
        assert operation
        assert document
        context, cost = contexts(), self._cost(prepared, operation, variables)
        if cost and cost.estimated > cost.limit:
            yield self._too_costly(cost)
            return
        executor = Executor.build(self.schema, document, root, context, variables, operation_name, **self._telling)
        if isinstance(executor, list):
            yield self._refused(executor)
            return
        try:
            with tracing.operating(operation) as told:
                start = told.place()
                source = create_source_event_stream(executor)
                events = await source if inspect.isawaitable(source) else source
            if isinstance(events, ExecutionResult):
                yield self._refused(events.errors or [])
                return
            async with aclosing(cast("AsyncGenerator[Any, None]", events)):
                async for event in events:
                    with tracing.telling(operation, start) as told:
                        outcome = await self._of_event(
                            prepared, event, contexts(), variables=variables, operation_name=operation_name
                        )
                        tracing.failing(told, outcome.errors)
                    yield replace(outcome, cost=cost)
        except Exception as failure:  # noqa: BLE001  the source's own, told like a resolver's
            yield Outcome(None, [located(failure, operation)], executed=False)
        finally:
            context.session.cancel()

    async def _of_event(self, prepared: Prepared, event: Any, context: Context, **asked: Any) -> Outcome:
        assert prepared.planned
        try:
            begun = prepared.planned.execute(root=event, context=context, **asked, **self._telling)
            result = await begun if inspect.isawaitable(begun) else begun
        finally:
            context.session.cancel()
        return Outcome(result.data, result.errors or [], executed=True)

    def prepared(self, query: str) -> Prepared:
        if len(query) > CACHED_CHARACTERS:
            return self._prepare(query)
        found = self.kept.get(query)
        if found is None:
            found = self._prepare(query)
            tokens = found.document.token_count if found.document else self.limits.tokens
            self.kept.put(query, found, tokens or self.limits.tokens)
        return found

    def _refused(self, errors: Sequence[GraphQLError]) -> Outcome:
        return Outcome(None, [self.validation.told(error) for error in errors], executed=False)

    def _cost(
        self, prepared: Prepared, operation: OperationDefinitionNode | None, variables: dict[str, Any] | None
    ) -> Charged | None:
        if operation is None or prepared.costs is None:
            return None
        cost = prepared.costs.of(operation)
        return Charged(cost, variables, cost.estimated(variables), self.limits.cost)

    def _too_costly(self, cost: Charged) -> Outcome:
        error = refusal(f"costs {cost.estimated:,} as estimated; at most {cost.limit:,} are allowed", reason="cost")
        return Outcome(None, [error], executed=False, cost=cost)

    def _prepare(self, query: str) -> Prepared:
        begun = time.perf_counter()
        try:
            return self._made(query)
        finally:
            self.told(time.perf_counter() - begun)

    def _made(self, query: str) -> Prepared:
        if len(query) > self.limits.characters:
            told = f"has {len(query):,} characters; at most {self.limits.characters:,} are allowed"
            return Prepared(None, [refusal(told)])
        try:
            with tracing.parsing():
                document = parse(query, max_tokens=self.limits.tokens)
            with tracing.validating() as phase:
                errors = excesses(document, self.limits) or self.validation.errors(document)
                tracing.failing(phase, errors)
        except GraphQLError as error:
            return Prepared(None, [error])
        except RecursionError:
            return Prepared(None, [refusal("is nested too deeply")])
        if errors:
            return Prepared(None, errors)
        costs = Costs(self.schema, document)
        return Prepared(document, planned=self.plans.document(document), costs=costs, defers=defers(document))


def located(failure: Exception, operation: OperationDefinitionNode) -> GraphQLError:
    """At the root field, where the document names it directly."""
    root = operation.selection_set.selections[0]
    if isinstance(failure, GraphQLError) or not isinstance(root, FieldNode):
        return GraphQLError(str(failure), original_error=failure)
    name = root.alias or root.name
    return GraphQLError(str(failure), root, path=[name.value], original_error=failure)
