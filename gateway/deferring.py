"""What a document defers, executed later than the rest."""

from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    ExperimentalIncrementalExecutionResults,
    GraphQLDeferDirective,
    GraphQLSchema,
    experimental_execute_incrementally,
)
from graphql.execution.incremental import IncrementalExecutor
from graphql.execution.types import PendingResult, SubsequentIncrementalExecutionResult

from gateway.executor.directives import directives

Result = ExecutionResult | ExperimentalIncrementalExecutionResults


class PartsExecutor(IncrementalExecutor):
    """What would be one part more than `max_parts` comes with the part around it: each costs as much as 20 fields."""

    def __init__(self, *args: Any, max_parts: int, **named: Any) -> None:
        super().__init__(*args, **named)
        # One list, since the executors of the parts are shallow copies.
        self._left = [max_parts]

    def execute_collected_root_fields(self, *selected: Any) -> Any:
        *_, deferred = selected
        kind: type[Any] = IncrementalExecutor if self._counted(deferred) else Executor
        return kind.execute_collected_root_fields(self, *selected)

    def execute_collected_subfields(self, *selected: Any) -> Any:
        *_, deferred, _around = selected
        kind: type[Any] = IncrementalExecutor if self._counted(deferred) else Executor
        return kind.execute_collected_subfields(self, *selected)

    def _counted(self, deferred: Sequence[Any]) -> bool:
        """Whether there is room for them, which is then theirs."""
        if len(deferred) > self._left[0]:
            return False
        self._left[0] -= len(deferred)
        return True


@dataclass(frozen=True, slots=True)
class Rest:
    """What comes after the first part: nothing of it is begun before somebody iterates."""

    pending: Sequence[PendingResult]
    results: AsyncGenerator[SubsequentIncrementalExecutionResult, None]


def defers(document: DocumentNode) -> bool:
    return any(each.name.value == GraphQLDeferDirective.name for each in directives(document))


def executed_in_parts(
    schema: GraphQLSchema,
    document: DocumentNode,
    *,
    context: Any,
    variables: dict[str, Any] | None,
    operation_name: str | None,
    max_coercion_errors: int,
    hide_suggestions: bool,
    max_parts: int,
) -> Result | Awaitable[Result]:
    """By graphql-core, whole where nothing turns out to be deferred."""
    return experimental_execute_incrementally(
        schema,
        document,
        context_value=context,
        variable_values=variables,
        operation_name=operation_name,
        max_coercion_errors=max_coercion_errors,
        hide_suggestions=hide_suggestions,
        executor_class=PartsExecutor,
        max_parts=max_parts,
    )


def parted(result: Result) -> tuple[ExecutionResult, Rest | None]:
    """The first part, or the whole, and what follows."""
    if isinstance(result, ExecutionResult):
        return result, None
    first = result.initial_result
    rest = Rest(first.pending, result.subsequent_results)
    return ExecutionResult(first.data, first.errors), rest
