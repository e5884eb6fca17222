"""One operation against the graph: parsed and validated once per document, executed by its plan or graphql-core."""

import inspect
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
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
    execute_subscription_event,
    parse,
    validate,
)
from graphql.utilities import get_operation_ast
from strawberry import Schema

from gateway.context import Context
from gateway.executor import Document, Plans
from gateway.validation import RULES, explained
from kit.errors import MethodNotAllowedError, NotAcceptableError

MAX_ERRORS = 10
"""Request errors that are told."""
CACHED_DOCUMENTS = 500
CACHED_CHARACTERS = 16_384
"""Longer documents are not kept, so that the cache stays small whatever is sent."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document, or what is wrong with it."""

    document: DocumentNode | None
    errors: Sequence[GraphQLError] = ()
    planned: Document | None = None

    def subscription(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, if it is one."""
        operation = get_operation_ast(self.document, name) if self.document else None
        return operation if operation and operation.operation is OperationType.SUBSCRIPTION else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`executed` is False for a request error: the answer has no data then."""

    data: dict[str, Any] | None
    errors: Sequence[GraphQLError]
    executed: bool


class Engine:
    def __init__(self, schema: Schema, max_tokens: int) -> None:
        self.schema: GraphQLSchema = schema._schema  # noqa: SLF001  Strawberry offers no other way to graphql-core
        self.max_tokens = max_tokens
        self.plans = Plans(self.schema)
        self._cached = lru_cache(CACHED_DOCUMENTS)(self._prepare)

    async def run(
        self,
        query: str,
        context: Context,
        *,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        queries_only: bool,
    ) -> Outcome:
        """Raises MethodNotAllowedError for another operation than a query where only queries may be, and
        NotAcceptableError for a subscription."""
        return await self.execute(
            self.prepared(query),
            context,
            variables=variables,
            operation_name=operation_name,
            queries_only=queries_only,
        )

    async def execute(
        self,
        prepared: Prepared,
        context: Context,
        *,
        variables: dict[str, Any] | None,
        operation_name: str | None,
        queries_only: bool,
    ) -> Outcome:
        """Raises as `run` does."""
        if prepared.document is None or prepared.planned is None:
            return self._refused(prepared.errors)
        operation = get_operation_ast(prepared.document, operation_name)
        if queries_only and operation and operation.operation is not OperationType.QUERY:
            raise MethodNotAllowedError("GET is for queries; use POST.", headers={"Allow": "POST"})
        if operation and operation.operation is OperationType.SUBSCRIPTION:
            raise NotAcceptableError("Subscriptions are answered as text/event-stream, or over a WebSocket.")
        result = prepared.planned.execute(
            context=context, variables=variables, operation_name=operation_name, max_coercion_errors=MAX_ERRORS
        )
        result = await result if inspect.isawaitable(result) else result
        errors = result.errors or []
        # What failed before the first field, such as a variable's coercion, has no path.
        if result.data is None and not any(each.path for each in errors):
            return self._refused(errors)
        return Outcome(result.data, errors, executed=True)

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
        context = contexts()
        executor = Executor.build(
            self.schema, document, root, context, variables, operation_name, max_coercion_errors=MAX_ERRORS
        )
        if isinstance(executor, list):
            yield self._refused(executor)
            return
        try:
            source = create_source_event_stream(executor)
            events = await source if inspect.isawaitable(source) else source
            if isinstance(events, ExecutionResult):
                yield self._refused(events.errors or [])
                return
            async with aclosing(cast("AsyncGenerator[Any, None]", events)):
                async for event in events:
                    yield await executed(executor, event, contexts())
        except Exception as failure:  # noqa: BLE001  the source's own, told like a resolver's
            yield Outcome(None, [located(failure, operation)], executed=False)
        finally:
            context.session.cancel()

    def prepared(self, query: str) -> Prepared:
        return self._cached(query) if len(query) <= CACHED_CHARACTERS else self._prepare(query)

    def _refused(self, errors: Sequence[GraphQLError]) -> Outcome:
        return Outcome(None, [explained(error, self.schema) for error in errors], executed=False)

    def _prepare(self, query: str) -> Prepared:
        try:
            document = parse(query, max_tokens=self.max_tokens)
            errors = validate(self.schema, document, RULES, max_errors=MAX_ERRORS)
        except GraphQLError as error:
            return Prepared(None, [error])
        except RecursionError:
            return Prepared(None, [GraphQLError("The document is nested too deeply.")])
        return Prepared(None, errors) if errors else Prepared(document, planned=self.plans.document(document))


async def executed(executor: Executor[Any], event: Any, context: Context) -> Outcome:
    """One event of a subscription."""
    of_event = executor.build_per_event_executor(event)
    of_event.context_value = context
    try:
        result = execute_subscription_event(of_event)
        result = await result if inspect.isawaitable(result) else result
    finally:
        context.session.cancel()
    return Outcome(result.data, result.errors or [], executed=True)


def located(failure: Exception, operation: OperationDefinitionNode) -> GraphQLError:
    """At the root field, where the document names it directly."""
    root = operation.selection_set.selections[0]
    if isinstance(failure, GraphQLError) or not isinstance(root, FieldNode):
        return GraphQLError(str(failure), original_error=failure)
    name = root.alias or root.name
    return GraphQLError(str(failure), root, path=[name.value], original_error=failure)
