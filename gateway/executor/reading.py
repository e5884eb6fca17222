"""Fields whose resolver does no more than read the source: an attribute, or a function of the source alone."""

import inspect
import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from gateway.executor.plan import Selected


@dataclass(frozen=True, slots=True)
class Reading:
    """`expression` of `source`; `names` are what it needs."""

    expression: str
    names: Mapping[str, Any]


def reading(field: Selected, name: str) -> Reading | None:
    """None for a resolver that takes more than the source, awaits, or is wrapped by extensions or permissions."""
    found = field.strawberry
    resolve = field.definition.resolve
    if found is None or resolve is None or found.extensions or is_customised(found):
        return None
    if resolve.__name__ == "_get_basic_result":
        plain = found.default_resolver is getattr and _is_written_as_it_is(found.python_name)
        return Reading(f"source.{found.python_name}", {}) if plain else None
    if resolve.__name__ == "_resolver" and not handles_exceptions(resolve):
        return _function(found, name)
    return None


def _function(found: StrawberryField, name: str) -> Reading | None:
    resolver = found.base_resolver
    if resolver is None or found.arguments or resolver.info_parameter or found.is_async:
        return None
    if not callable(resolver.wrapped_func):
        return None
    taken = resolver.parent_parameter or resolver.root_parameter
    if taken is None:
        argument = "source" if resolver.self_parameter else ""
    else:  # Python calls by position in a third of the time
        argument = "source" if is_positional(resolver.wrapped_func, taken.name) else f"{taken.name}=source"
    return Reading(f"{name}({argument})", {name: resolver.wrapped_func})


def is_positional(function: Callable[..., Any], name: str) -> bool:
    """Whether it is the function's first parameter, and can be given by its position."""
    first = next(iter(inspect.signature(function).parameters.values()))
    return first.name == name and first.kind is first.POSITIONAL_OR_KEYWORD


def is_customised(found: StrawberryField) -> bool:
    """Whether a subclass, or the field itself, calls its resolver in its own way."""
    resolver = found.base_resolver
    own_call = resolver is not None and type(resolver).__call__ is not StrawberryResolver.__call__
    return own_call or getattr(found.get_result, "__func__", None) is not StrawberryField.get_result


def _is_written_as_it_is(name: str) -> bool:
    """Python's parser takes other letters for the same as these."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)


def handles_exceptions(resolve: Any) -> bool:
    """Whether Strawberry turns some of the resolver's exceptions into results."""
    variables = dict(zip(resolve.__code__.co_freevars, resolve.__closure__ or (), strict=True))
    return "field_exception_handlers" not in variables or bool(variables["field_exception_handlers"].cell_contents)
