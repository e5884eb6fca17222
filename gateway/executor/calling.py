"""Fields whose resolver is a coroutine function that Strawberry only calls: here without the layers in between."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution.values import get_argument_values
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.executor.plan import Selected
from gateway.executor.reading import handles_exceptions, is_customised
from gateway.executor.variables import Coerced, fixed


@dataclass(frozen=True, slots=True)
class Call:
    """`sources` are the parameters that take the parent."""

    function: Callable[..., Awaitable[Any]]
    takes_self: bool
    sources: tuple[str, ...]
    info: str | None

    def make(self, source: Any, info: Info[Any, Any], arguments: Mapping[str, Any]) -> Awaitable[Any]:
        named = {**arguments, **dict.fromkeys(self.sources, source)}
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


def info_of(raw: GraphQLResolveInfo[Any], found: StrawberryField) -> Info[Any, Any]:
    made: Info[Any, Any] = _of(raw).config.info_class(_raw_info=raw, _field=found)
    return made


def arguments_of(
    field: Selected, found: StrawberryField, info: Info[Any, Any], coerced: Coerced, *, hide_suggestions: bool
) -> Mapping[str, Any]:
    """As the resolver takes them."""
    known = coerced.arguments.get(field.index)
    if known is not None:
        return known
    first = field.details[0]
    given = get_argument_values(
        field.definition, first.node, coerced.values, first.fragment_variable_values, hide_suggestions
    )
    schema = _of(info._raw_info)  # noqa: SLF001  Strawberry offers no other way to it
    made = convert_arguments(
        given,
        found.arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
        info=info,
    )
    if coerced.kept and fixed(made) and coerced.pure(each.type for each in field.definition.args.values()):
        coerced.arguments[field.index] = made
    return made


def _of(raw: GraphQLResolveInfo[Any]) -> Any:
    """Strawberry's schema, as Info itself finds it."""
    return raw.schema._strawberry_schema  # type: ignore[attr-defined]  # noqa: SLF001
