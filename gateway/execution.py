"""One operation against the graph: parsed and validated once per document, executed by graphql-core."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationType, execute, parse, validate
from graphql.utilities import get_operation_ast
from strawberry import Schema

from gateway.context import Context
from gateway.validation import RULES, explained
from kit.errors import MethodNotAllowedError

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
        """Raises MethodNotAllowedError for another operation than a query where only queries may be."""
        prepared = self._cached(query) if len(query) <= CACHED_CHARACTERS else self._prepare(query)
        if prepared.document is None:
            return self._refused(prepared.errors)
        operation = get_operation_ast(prepared.document, operation_name)
        if queries_only and operation and operation.operation is not OperationType.QUERY:
            raise MethodNotAllowedError("GET is for queries; use POST.", headers={"Allow": "POST"})
        result = execute(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            max_coercion_errors=MAX_ERRORS,
        )
        result = await result if inspect.isawaitable(result) else result
        errors = result.errors or []
        # What failed before the first field, such as a variable's coercion, has no path.
        if result.data is None and not any(each.path for each in errors):
            return self._refused(errors)
        return Outcome(result.data, errors, executed=True)

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
        return Prepared(None, errors) if errors else Prepared(document)
