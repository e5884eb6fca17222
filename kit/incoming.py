"""Contracts' shapes for answers that are read often: half of what their dataclasses cost, in time and in memory."""

import operator
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, reduce
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

T = TypeVar("T")


@cache
def incoming(of: type[T]) -> type[T]:
    """Of a contract, or a list or mapping of it: the same with a struct in place of each dataclass, for msgspec.

    A struct has the dataclass's name, fields, constraints and defaults, none of its methods, and is no instance of it.
    The garbage collector does not follow structs: what is decoded from JSON has no cycles.
    """
    made: Any = _incoming(of)
    return made  # type: ignore[no-any-return]


def _incoming(of: Any) -> Any:
    origin, arguments = get_origin(of), get_args(of)
    shape = origin or of
    if isinstance(shape, type) and is_dataclass(shape):
        return _struct(shape, dict(zip(getattr(shape, "__parameters__", ()), arguments, strict=True)))
    if origin is None or origin is Literal:
        return of
    if origin is Annotated:
        return Annotated[(incoming(arguments[0]), *of.__metadata__)]
    inner = tuple(incoming(each) for each in arguments)
    return reduce(operator.or_, inner) if origin in (Union, UnionType) else origin[inner]


def _struct(shape: type, arguments: Mapping[Any, Any]) -> type:
    hints = get_type_hints(shape, include_extras=True)
    given = [(each.name, incoming(_filled(hints[each.name], arguments)), *_default(each)) for each in fields(shape)]
    return msgspec.defstruct(shape.__name__, given, module=shape.__module__, gc=False)


def _filled(hint: Any, arguments: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return arguments[hint]
    open_ = getattr(hint, "__parameters__", ())
    return hint[tuple(arguments[each] for each in open_)] if open_ else hint


def _default(of: Field[Any]) -> tuple[Any, ...]:
    if of.default_factory is not MISSING:
        return (msgspec.field(default_factory=of.default_factory),)
    return () if of.default is MISSING else (of.default,)
