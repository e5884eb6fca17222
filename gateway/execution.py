"""One operation against the graph: parsed and validated once per document, executed by its plan or graphql-core."""

import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
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
from msgspec import Struct
from msgspec.structs import replace
from strawberry import Schema

from gateway import tracing
from gateway.context import Context
from gateway.deferring import Rest, Result, defers, executed_in_parts, parted
from gateway.executor import Document, Plans
from gateway.limits.cost import Charged, Costs, OperationCost
from gateway.limits.document import DEFAULT, DocumentLimits
from gateway.limits.recent import Recent
from gateway.limits.shape import excesses, refusal
from gateway.metrics.names import Asked, asked
from gateway.schema.scalars import NATIVE
from gateway.validation import Validation
from kit.errors import MethodNotAllowedError, NotAcceptableError
from kit.tracing.spans import SILENT

CACHED_CHARACTERS = 16_384
"""Longer documents are not kept, so that the cache stays small whatever is sent."""


class Chosen(Struct, frozen=True, eq=False):
    """Which operation of a document a request means, and what depends on nothing else. `node` is None for no such."""

    node: OperationDefinitionNode | None
    type: OperationType | None
    asked: Asked
    cost: OperationCost | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, or what is wrong with it."""

    document: DocumentNode | None
    errors: Sequence[GraphQLError] = ()
    planned: Document | None = None
    costs: Costs | None = None
    defers: bool = False
    trusted: bool = False
    _known: dict[str | None, Chosen] = field(default_factory=dict, init=False, repr=False, compare=False)

    def chosen(self, name: str | None) -> Chosen:
        return self._known.get(name) or self._choose(name)

    def _choose(self, name: str | None) -> Chosen:
        node = get_operation_ast(self.document, name) if self.document else None
        if node is None:  # not kept: there are more names than a document has
            return Chosen(None, None, asked(None, trusted=self.trusted), None)
        cost = self.costs.of(node) if self.costs else None
        chosen = self._known[name] = Chosen(node, node.operation, asked(node, trusted=self.trusted), cost)
        return chosen


class Outcome(Struct, frozen=True):
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
        if prepared.planned is None:
            return self._refused(prepared.errors)
        operation = prepared.chosen(operation_name)
        if operation.type is not OperationType.QUERY:
            refuse_other(operation.type, queries_only=queries_only)
        cost = self._cost(operation, variables)
        if cost and cost.estimated > cost.limit:
            return self._too_costly(cost)
        begin = partial(self._in_parts, prepared) if in_parts and prepared.defers else prepared.planned.execute
        given = {"context": context, "variables": variables, "operation_name": operation_name, **self._telling}
        told = tracing.operating(operation.node)
        if told is SILENT:
            begun = begin(**given)
            result, rest = parted(await begun if inspect.isawaitable(begun) else begun)
        else:
            with told, tracing.executing(operation.node):
                begun = begin(**given)
                result, rest = parted(await begun if inspect.isawaitable(begun) else begun)
                tracing.failing(told, result.errors or ())
        errors = result.errors or []
        # What failed before the first field, such as a variable's coercion, has no path.
        if result.data is None and not any(each.path for each in errors):
            return self._refused(errors)
        return Outcome(result.data, errors, executed=True, rest=rest, cost=cost)

    def _in_parts(self, prepared: Prepared, **given: Any) -> Result | Awaitable[Result]:
        assert prepared.document
        return executed_in_parts(self.schema, prepared.document, **given, max_parts=self.max_parts)

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
        chosen, document = prepared.chosen(operation_name), prepared.document
        operation = chosen.node
        assert operation
        assert document
        context, cost = contexts(), self._cost(chosen, variables)
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

    async def _of_event(self, prepared: Prepared, event: Any, context: Context, **given: Any) -> Outcome:
        assert prepared.planned
        try:
            begun = prepared.planned.execute(root=event, context=context, **given, **self._telling)
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

    def _cost(self, operation: Chosen, variables: dict[str, Any] | None) -> Charged | None:
        cost = operation.cost
        return Charged(cost, variables, cost.estimated(variables), self.limits.cost) if cost else None

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


def refuse_other(kind: OperationType | None, *, queries_only: bool) -> None:
    """Than a query: raises MethodNotAllowedError where only those may be, and NotAcceptableError for a subscription."""
    if queries_only and kind and kind is not OperationType.QUERY:
        raise MethodNotAllowedError("GET and QUERY are for queries; use POST.", headers={"Allow": "POST"})
    if kind is OperationType.SUBSCRIPTION:
        raise NotAcceptableError("Subscriptions are answered as text/event-stream, or over a WebSocket.")


def located(failure: Exception, operation: OperationDefinitionNode) -> GraphQLError:
    """At the root field, where the document names it directly."""
    root = operation.selection_set.selections[0]
    if isinstance(failure, GraphQLError) or not isinstance(root, FieldNode):
        return GraphQLError(str(failure), original_error=failure)
    name = root.alias or root.name
    return GraphQLError(str(failure), root, path=[name.value], original_error=failure)
