"""Variables and arguments, coerced once for the same values where nobody who gets them can change them."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    VariableDefinitionNode,
    get_named_type,
    is_enum_type,
    is_input_type,
    is_specified_scalar_type,
    type_from_ast,
)
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.types.unset import UnsetType

MAX_KEPT = 16
"""Sets of variables that are kept of one operation."""
MAX_BYTES = 512
"""Of a set of variables as JSON: larger ones are not kept."""
_FIXED = (str, int, float, bool, type(None), Enum, UUID, date, time, UnsetType)
_WRITTEN = frozenset({str, int, bool, float, type(None)})
"""Classes of JSON; the encoder writes others too, and some of them alike."""
_encode = msgspec.json.Encoder().encode

Pure = Callable[[Iterable[GraphQLInputType]], bool]


@dataclass(frozen=True, slots=True)
class Coerced:
    """`arguments`: by the index of a selected field what its resolver takes, as far as that is known."""

    values: VariableValues
    kept: bool
    pure: Pure
    arguments: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def own_values(self) -> VariableValues:
        """Of one execution, whose resolvers may change them."""
        sources, values = self.values
        return VariableValues({**sources}, {**values})


class Variables:
    """Those of one operation. `native`: further scalars that read the same value the same way each time."""

    def __init__(
        self, schema: GraphQLSchema, definitions: Collection[VariableDefinitionNode], native: Collection[str]
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self._native = native
        self._kept: dict[bytes, Coerced] = {}
        kinds = [type_from_ast(schema, each.type) for each in definitions]
        self._pure = self.pure(each for each in kinds if is_input_type(each))

    def coerced(
        self, given: Mapping[str, Any], max_errors: int, *, hide_suggestions: bool = False
    ) -> Coerced | Sequence[GraphQLError]:
        key = written(given) if self._pure else None
        known = self._kept.get(key) if key is not None else None
        if known:
            return known
        values = get_variable_values(
            self._schema, self._definitions, dict(given), max_errors=max_errors, hide_suggestions=hide_suggestions
        )
        if isinstance(values, list):
            return values
        made = Coerced(values, key is not None and fixed(values.coerced), self.pure)
        if made.kept and key is not None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = made
        return made

    def pure(self, kinds: Iterable[GraphQLInputType]) -> bool:
        """A scalar of others may look at the clock, and an input may be made of what the request's context has."""
        named = [get_named_type(each) for each in kinds]
        return all(is_specified_scalar_type(each) or is_enum_type(each) or each.name in self._native for each in named)


def fixed(values: Mapping[str, Any]) -> bool:
    return all(isinstance(each, _FIXED) for each in values.values())


def written(given: Mapping[str, Any]) -> bytes | None:
    """None for what is too much, is nested, or is no JSON."""
    if not given:
        return b""
    for each in given.values():
        kind = each.__class__
        if kind not in _WRITTEN or (kind is float and not math.isfinite(each)):
            return None
    try:
        text = _encode(given)
    except (TypeError, ValueError, OverflowError):
        return None
    return text if len(text) <= MAX_BYTES else None
