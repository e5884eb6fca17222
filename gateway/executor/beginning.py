"""graphql-core's executor as an execution begins, with what is the same for each execution taken from the first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, cast

from graphql import (
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLResolveInfo,
    GraphQLSchema,
    is_object_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.executor import CollectedErrors, default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues
from graphql.pyutils import RefMap
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from gateway.executor.paths import Chain, Objects, path_at
from gateway.executor.plan import Compiled, Plan, Selected, nullable
from gateway.executor.variables import Coerced

T = TypeVar("T")


def late(make: Callable[[Any], T]) -> T:
    """An attribute that is made when it is first asked for."""
    return cast("T", cached_property(make))


@dataclass(slots=True, eq=False)
class Shared:
    """What the executors of a plan have in common.

    `objects`: by the index of a field whose value is an object of one type, that object's function. `found`: likewise
    Strawberry's field. `core`: all that graphql-core gives an executor, but for what is an execution's.
    """

    plan: Plan
    places: Sequence[Compiled]
    definitions: Mapping[str, FragmentDefinitionNode]
    objects: Mapping[int, Compiled]
    found: Mapping[int, StrawberryField]
    info_class: type[Info[Any, Any]]
    core: Mapping[str, Any]


class Begun(Executor[None]):
    """Not made by `Executor.__init__`, which takes as long as all else that a small operation needs of its executor.

    `waiting`: by bulk place the objects whose field is still to be filled, and their sources.
    """

    def __init__(self, shared: Shared, root: Any, context: Any, coerced: Coerced, *, hide_suggestions: bool) -> None:
        self.shared = shared
        self.plan = shared.plan
        self.root_value = root
        self.context_value = context
        self.hide_suggestions = hide_suggestions
        self.coerced = coerced
        self._collected: CollectedErrors | None = None
        self.waiting: list[tuple[list[Objects], list[Any]]] = [([], []) for _ in shared.places]

    # What most executions do not need. Resolvers may change the values and the fragments that they are told.

    @property
    def collected_errors(self) -> CollectedErrors:  # type: ignore[override]
        if self._collected is None:
            self._collected = CollectedErrors()
        return self._collected

    variable_values = late(lambda run: run.coerced.own_values())
    fragment_definitions = late(lambda run: {**run.shared.definitions})
    _relevant_sub_fields = late(lambda run: run.shared.plan.sub_fields)
    pending_incremental_futures = late(lambda _: set[Any]())
    background_futures = late(lambda _: set[Any]())
    _stream_usages = late(lambda _: RefMap[Any, Any]())

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:  # type: ignore[override]
        """Kept, they would be a cycle, and all that a request has read would wait for the collector."""
        return GraphQLResolveInfoHelpers(self.gather_async_work, self.track_async_work)

    def build_response(self, data: dict[str, Any] | None) -> ExecutionResult:
        """Without the hooks that nobody gives."""
        collected = self._collected
        return ExecutionResult(data, (collected.errors or None) if collected else None)

    def info(self, field: Selected, chain: Chain | None) -> GraphQLResolveInfo[Any]:
        """What it has is whoever's gets it, to be changed even."""
        return self.build_resolve_info(field.definition, [*field.nodes], field.parent, path_at(field, chain))


def _given(name: str) -> Any:
    """What graphql-core gives an executor. Not by `__getattr__`, which makes Python look each attribute up anew."""
    found = cached_property(lambda run: run.shared.core[name])
    found.__set_name__(Begun, name)
    return found


for _name in Executor.__annotations__.keys() - {"root_value", "context_value", "hide_suggestions"}:
    if not hasattr(Begun, _name):
        setattr(Begun, _name, _given(_name))


def shared(
    schema: GraphQLSchema,
    definitions: Mapping[str, FragmentDefinitionNode],
    fragments: dict[str, FragmentDetails],
    plan: Plan,
    places: Sequence[Compiled],
) -> Shared:
    resolvers = default_field_resolver, default_type_resolver, default_field_resolver
    values = VariableValues({}, {})
    made: Executor[None] = Executor(schema, {**definitions}, fragments, None, None, plan.operation, values, *resolvers)
    found = {each.index: each.strawberry for each in selected(plan) if each.strawberry}
    info_class = strawberry_of(schema).config.info_class if hasattr(schema, "_strawberry_schema") else Info
    return Shared(plan, places, definitions, _objects(plan), found, info_class, vars(made))


def strawberry_of(schema: GraphQLSchema) -> Any:
    """Strawberry's schema, as Info itself finds it."""
    return schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001


def selected(plan: Plan) -> list[Selected]:
    return [each for selection in plan.selections for each in selection.fields]


def _objects(plan: Plan) -> dict[int, Compiled]:
    """Without the types that look at their values."""
    fields = [each for each in selected(plan) if is_object_type(nullable(each.type))]
    inside = {each.index: selection for each in fields for selection in each.objects.values()}
    return {
        index: plan.functions[id(selection.grouped)]
        for index, selection in inside.items()
        if not selection.type.is_type_of
    }
