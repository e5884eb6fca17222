"""Which plan an operation runs by: made when it comes for the second time, one for each set of skipped fields."""

import time
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    experimental_execute_incrementally,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from gateway.executor.beginning import Shared, shared
from gateway.executor.directives import directives
from gateway.executor.keeping import Kept
from gateway.executor.plan import Planner, TooLargeError
from gateway.executor.running import PlanExecutor
from gateway.executor.source import compiled
from gateway.executor.variables import Coerced, Variables

INTERPRETED = 1
"""Executions before an operation is compiled: one that comes once is not worth it."""
MAX_VARIANTS = 16
"""Plans of one operation; further combinations of what is skipped are not compiled."""
Result = ExecutionResult | Awaitable[ExecutionResult]


@dataclass(slots=True)
class Statistics:
    """`fallbacks`: executions by graphql-core alone, by reason."""

    compiled: int = 0
    compile_seconds: float = 0
    planned: int = 0
    fallbacks: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, eq=False)
class _Variant:
    """`shared`: by its executors."""

    shared: Shared
    number: int


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Operation:
    """`switches`: variables that skip or include something. `variants`: None for what cannot be compiled."""

    definition: OperationDefinitionNode
    switches: tuple[str, ...]
    variables: Variables
    variants: dict[tuple[Any, ...], _Variant | None] = field(default_factory=dict)
    executions: int = 0


class Plans:
    """Of one schema.

    `native`: by scalar the class whose values the answers' encoder writes as the scalar would. Such a scalar reads the
    same value the same way each time.
    """

    def __init__(self, schema: GraphQLSchema, native: Mapping[str, type] | None = None) -> None:
        self.schema = schema
        self.native = dict(native or {})
        self.statistics = Statistics()
        self.kept: Kept[_Operation, tuple[Any, ...]] = Kept(lambda operation, key: operation.variants.pop(key, None))

    def document(self, document: DocumentNode) -> "Document":
        """`document` must be valid."""
        return Document(self, document)


class Document:
    def __init__(self, plans: Plans, document: DocumentNode) -> None:
        self.ast = document
        self._plans = plans
        self._definitions = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._fragments = {name: FragmentDetails(each, None) for name, each in self._definitions.items()}
        self._operations: dict[str | None, _Operation | str] = {}

    def warm(self, operation_name: str | None = None) -> None:
        """The next execution is compiled already, unless it gives a variable that skips or includes something."""
        operation = self._operation(operation_name)
        if isinstance(operation, _Operation):
            operation.executions += INTERPRETED
            if not operation.switches:
                self._variant(operation, VariableValues({}, {}))

    def execute(
        self,
        *,
        root: Any = None,
        context: Any = None,
        variables: dict[str, Any] | None = None,
        operation_name: str | None = None,
        max_coercion_errors: int = 50,
        hide_suggestions: bool = False,
    ) -> Result:
        """Exactly what graphql-core's `execute` answers, and @defer is ignored.

        Of a subscription it is what one event answers, which `root` is.
        """
        operation, reason = self._operation(operation_name), "first"
        if isinstance(operation, str):
            reason = operation
        elif operation.executions < INTERPRETED:
            operation.executions += 1
        else:
            coerced = operation.variables.coerced(
                variables or {}, max_coercion_errors, hide_suggestions=hide_suggestions
            )
            if not isinstance(coerced, Coerced):
                return ExecutionResult(None, [*coerced])
            variant = self._variant(operation, coerced.values)
            if variant:
                self._plans.statistics.planned += 1
                self._plans.kept.touch(variant.number)
                run = PlanExecutor(variant.shared, root, context, coerced, hide_suggestions=hide_suggestions)
                entered: Result = run.enter()
                return entered
            reason = "no plan"
        self._plans.statistics.fallbacks[reason] += 1
        return self._interpreted(
            root_value=root,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            max_coercion_errors=max_coercion_errors,
            hide_suggestions=hide_suggestions,
        )

    def _interpreted(self, **given: Any) -> Result:
        # `execute` takes no schema with @defer. This executor is the one without parts: what is deferred comes at once.
        execute = experimental_execute_incrementally
        return cast("Result", execute(self._plans.schema, self.ast, **given, executor_class=Executor))

    def _operation(self, name: str | None) -> _Operation | str:
        """Or why it is not compiled."""
        found = self._operations.get(name)
        if found is None:
            found = self._found(name)
            if isinstance(found, _Operation) or name is None:  # there are more names than a document has
                self._operations[name] = found
        return found

    def _found(self, name: str | None) -> _Operation | str:
        operations = [each for each in self.ast.definitions if isinstance(each, OperationDefinitionNode)]
        if name is not None:
            operations = [each for each in operations if each.name and each.name.value == name]
        if len(operations) != 1:
            return "operation"
        [operation] = operations
        if self._plans.schema.get_root_type(operation.operation) is None:
            return "root type"
        if any(each.variable_definitions for each in self._definitions.values()):
            return "fragment variables"
        found = [*directives(self.ast)]
        if any(each.name.value not in {"skip", "include"} for each in found):
            return "directive"
        definitions = operation.variable_definitions or ()
        given = {
            each.value.name.value
            for every in found
            for each in every.arguments or ()
            if isinstance(each.value, VariableNode)
        }
        switches = tuple(sorted(given.intersection(_flags(definitions))))
        return _Operation(operation, switches, Variables(self._plans.schema, definitions, self._plans.native))

    def _variant(self, operation: _Operation, values: VariableValues) -> _Variant | None:
        key = tuple(map(values.coerced.get, operation.switches))
        found = operation.variants.get(key)
        if found is None and key not in operation.variants and len(operation.variants) < MAX_VARIANTS:
            found = operation.variants[key] = self._made(operation, key, values)
        return found

    def _made(self, operation: _Operation, key: tuple[Any, ...], values: VariableValues) -> _Variant | None:
        begun = time.perf_counter()
        root_type = self._plans.schema.get_root_type(operation.definition.operation)
        assert root_type
        try:
            plan = Planner(self._plans.schema, self._fragments, operation.definition, values).plan(root_type)
            plan.functions, places = compiled(plan, self._plans.native)
        except (TooLargeError, RecursionError, GraphQLError):
            return None
        self._plans.statistics.compiled += 1
        self._plans.statistics.compile_seconds += time.perf_counter() - begun
        weight = sum(len(each.fields) for each in plan.selections)
        common = shared(self._plans.schema, self._definitions, self._fragments, plan, places)
        return _Variant(common, self._plans.kept.put(operation, key, weight))


def _flags(definitions: Iterable[VariableDefinitionNode]) -> Iterator[str]:
    """The variables that can be a switch; in another operation of the document the name may be anything's."""
    for each in definitions:
        kind = each.type.type if isinstance(each.type, NonNullTypeNode) else each.type
        if isinstance(kind, NamedTypeNode) and kind.name.value == "Boolean":
            yield each.variable.name.value
