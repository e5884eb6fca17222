"""Fields whose resolver is a coroutine function that Strawberry only calls: here without the layers in between."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution.values import get_argument_values
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments

from gateway.executor.beginning import Begun, late, strawberry_of
from gateway.executor.paths import Chain
from gateway.executor.plan import Selected
from gateway.executor.reading import handles_exceptions, is_customised
from gateway.executor.variables import fixed


@dataclass(frozen=True, slots=True)
class Call:
    """`sources` are the parameters that take the parent."""

    function: Callable[..., Awaitable[Any]]
    takes_self: bool
    sources: tuple[str, ...]
    info: str | None

    def make(self, source: Any, info: Info[Any, Any], arguments: Mapping[str, Any]) -> Awaitable[Any]:
        named = {**arguments}
        for each in self.sources:
            named[each] = source
        if self.info:
            named[self.info] = info
        return self.function(source, **named) if self.takes_self else self.function(**named)


def calling(field: Selected) -> Call | None:
    """None for a resolver that is no coroutine function, or that is wrapped by extensions or permissions."""
    found, resolve = field.strawberry, field.definition.resolve
    if found is None or resolve is None or found.extensions or resolve.__name__ != "_async_resolver":
        return None
    resolver = found.base_resolver
    if resolver is None or handles_exceptions(resolve) or is_customised(found):
        return None
    if not inspect.iscoroutinefunction(resolver.wrapped_func):
        return None
    sources = tuple(each.name for each in (resolver.parent_parameter, resolver.root_parameter) if each)
    info = resolver.info_parameter.name if resolver.info_parameter else None
    return Call(resolver.wrapped_func, bool(resolver.self_parameter), sources, info)


class LateInfo(Info[Any, Any]):
    """What only graphql-core's own info has is made when somebody asks for it: most resolvers want the context."""

    _run: Begun
    _at: tuple[Selected, Chain | None]

    context: Any = late(lambda info: info._raw_info.context)  # noqa: SLF001  what Strawberry makes of one has only that
    _raw_info = late(lambda info: info.made())

    def made(self) -> GraphQLResolveInfo[Any]:
        return self._run.info(*self._at)


def info_of(run: Begun, field: Selected, chain: Chain | None) -> Info[Any, Any]:
    """As the resolver of Strawberry's field takes it."""
    shared = run.shared
    if shared.info_class is not Info:
        return shared.info_class(_raw_info=run.info(field, chain), _field=shared.found[field.index])
    made = LateInfo.__new__(LateInfo)
    made._field, made._run, made._at = shared.found[field.index], run, (field, chain)  # noqa: SLF001  our own
    made.context = run.context_value
    return made


def arguments_of(run: Begun, field: Selected, info: Info[Any, Any]) -> Mapping[str, Any]:
    """As the resolver takes them."""
    coerced = run.coerced
    first = field.details[0]
    given = get_argument_values(
        field.definition, first.node, coerced.values, first.fragment_variable_values, run.hide_suggestions
    )
    schema = strawberry_of(run.schema)
    made = convert_arguments(
        given,
        run.shared.found[field.index].arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
        info=info,
    )
    if coerced.kept and fixed(made) and coerced.pure(each.type for each in field.definition.args.values()):
        coerced.arguments[field.index] = made
    return made
