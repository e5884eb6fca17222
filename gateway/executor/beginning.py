"""graphql-core's executor as an execution begins, with what is the same for each execution taken from the first."""

from collections.abc import Callable, Mapping, Sequence
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

from gateway.executor.paths import Chain, path_at
from gateway.executor.plan import Compiled, Plan, Selected, nullable
from gateway.executor.variables import Coerced

T = TypeVar("T")


def late(make: Callable[[Any], T]) -> T:
    """An attribute that is made when it is first asked for."""
    return cast("T", cached_property(make))


class Begun(Executor[None]):
    """Not made by `Executor.__init__`, which takes as long as all else that a small operation needs of its executor.

    `objects`: by the index of a field whose value is an object of one type, that object's function. `found`: likewise
    Strawberry's field. `waiting`: by bulk place the objects whose field is still to be filled, with their sources and
    paths.
    """

    plan: Plan
    places: Sequence[Compiled]
    definitions: Mapping[str, FragmentDefinitionNode]
    objects: Mapping[int, Compiled]
    found: Mapping[int, StrawberryField]
    info_class: type[Info[Any, Any]]
    coerced: Coerced
    waiting: list[list[tuple[dict[str, Any], Any, Chain]]]

    def __init__(
        self, shared: Mapping[str, Any], root: Any, context: Any, coerced: Coerced, *, hide_suggestions: bool
    ) -> None:
        """`shared` is what the function of that name made for the plan."""
        self.__dict__ = {
            **shared,
            "root_value": root,
            "context_value": context,
            "hide_suggestions": hide_suggestions,
            "coerced": coerced,
            "waiting": [[] for _ in shared["places"]],
        }

    # What most executions do not need. Resolvers may change the values and the fragments that they are told.

    variable_values = late(lambda run: run.coerced.own_values())
    fragment_definitions = late(lambda run: {**run.definitions})
    collected_errors = late(lambda _: CollectedErrors())
    pending_incremental_futures = late(lambda _: set[Any]())
    background_futures = late(lambda _: set[Any]())
    _stream_usages = late(lambda _: RefMap[Any, Any]())

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:  # type: ignore[override]
        """Kept, they would be a cycle, and all that a request has read would wait for the collector."""
        return GraphQLResolveInfoHelpers(self.gather_async_work, self.track_async_work)

    def build_response(self, data: dict[str, Any] | None) -> ExecutionResult:
        """Without the hooks that nobody gives."""
        collected = vars(self).get("collected_errors")
        return ExecutionResult(data, (collected.errors or None) if collected else None)

    def info(self, field: Selected, chain: Chain | None) -> GraphQLResolveInfo[Any]:
        """What it has is whoever's gets it, to be changed even."""
        return self.build_resolve_info(field.definition, [*field.nodes], field.parent, path_at(field, chain))


LATE = frozenset(name for name, value in vars(Begun).items() if isinstance(value, cached_property))


def shared(
    schema: GraphQLSchema,
    definitions: Mapping[str, FragmentDefinitionNode],
    fragments: dict[str, FragmentDetails],
    plan: Plan,
    places: Sequence[Compiled],
) -> Mapping[str, Any]:
    """What the executors of a plan have in common: all that graphql-core gives one, but for what is an execution's."""
    resolvers = default_field_resolver, default_type_resolver, default_field_resolver
    values = VariableValues({}, {})
    made: Executor[None] = Executor(schema, {**definitions}, fragments, None, None, plan.operation, values, *resolvers)
    return {
        **{name: value for name, value in vars(made).items() if name not in LATE},
        "_relevant_sub_fields": plan.sub_fields,
        "plan": plan,
        "places": places,
        "definitions": definitions,
        "objects": _objects(plan),
        "found": {each.index: each.strawberry for each in selected(plan) if each.strawberry},
        "info_class": strawberry_of(schema).config.info_class if hasattr(schema, "_strawberry_schema") else Info,
    }


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
