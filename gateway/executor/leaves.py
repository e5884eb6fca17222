"""How a leaf's value becomes what is answered, in an expression that takes the ordinary classes alone.

Whatever else a resolver answers goes graphql-core's way, to the same result or its error.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    is_enum_type,
)

QUICK_INT = 2**30 - 1
"""Python compares these in half the time; GraphQL has integers twice as large, which are seldom met."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """`ordinary` is a condition on `{v}` and `converted` an expression of it; `names` are what both need."""

    ordinary: str
    converted: str
    names: Mapping[str, Any]


def leaf(kind: GraphQLLeafType, native: Mapping[str, type], name: str) -> Leaf | None:
    """`native`: by scalar the class whose values the answer's encoder writes as the scalar would.

    `name` is a prefix for names of its own. None for a scalar that only graphql-core converts.
    """
    if kind in _BUILT_IN:
        return _BUILT_IN[kind]
    if is_enum_type(kind):
        return _enum(kind, name)
    if kind.name in native:
        return Leaf(f"{{v}}.__class__ is {name}_class", "{v}", {f"{name}_class": native[kind.name]})
    return None


_TEXT = Leaf("{v}.__class__ is str", "{v}", {})
_BUILT_IN: Mapping[GraphQLLeafType, Leaf] = {
    GraphQLString: _TEXT,
    GraphQLID: _TEXT,
    GraphQLBoolean: Leaf("{v} is True or {v} is False", "{v}", {}),
    GraphQLInt: Leaf(f"{{v}}.__class__ is int and {-QUICK_INT} <= {{v}} <= {QUICK_INT}", "{v}", {}),
    GraphQLFloat: Leaf("{v}.__class__ is float and isfinite({v})", "{v}", {"isfinite": math.isfinite}),
}


def _enum(kind: GraphQLEnumType, name: str) -> Leaf | None:
    wrapped = getattr(kind, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, Enum)):
        return None
    if wrapped._missing_.__func__ is not Enum._missing_.__func__:  # type: ignore[attr-defined]
        return None  # it makes members as they are asked for, as flags do
    try:
        names = {member: kind.coerce_output_value(member) for member in wrapped}
    except Exception:  # noqa: BLE001  an enum with members that the schema does not know is graphql-core's to refuse
        return None
    ordinary, known = f"{{v}}.__class__ is {name}_class", {f"{name}_class": wrapped}
    if all(member._name_ == told for member, told in names.items()):
        return Leaf(ordinary, "{v}._name_", known)
    # By identity: the hash of an Enum's member is computed in Python.
    by_id = {id(member): told for member, told in names.items()}
    return Leaf(ordinary, f"{name}_names[id({{v}})]", known | {f"{name}_names": by_id})
