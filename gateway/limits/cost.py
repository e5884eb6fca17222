"""What an operation costs: estimated from the document and its variables, and counted in the answer.

Both add the same weights up. The estimate takes lists to be as long as `first` and `ids` let them be, and what only a
directive would leave out to be there; the count takes the lists of the answer. A field that is written twice counts
twice, though it may be read once: the estimate is the most that there can be.
"""

from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, value_from_ast_untyped
from msgspec import Struct

from gateway.limits.parts import Parts
from gateway.limits.sums import Estimate, Values, counted
from gateway.limits.weights import TENTHS

REMEMBERED = 64
"""Estimates of one operation, by the values of the variables that size its lists."""


class Costs:
    """Of a valid document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._parts = Parts(schema, document)
        self._operations: dict[int, OperationCost] = {}

    def of(self, operation: OperationDefinitionNode) -> "OperationCost":
        found = self._operations.get(id(operation))
        if found is None:
            found = self._operations[id(operation)] = OperationCost(operation, self._parts)
        return found


class OperationCost:
    """Variables are as they came: what is no value of the variable's type is refused elsewhere."""

    def __init__(self, operation: OperationDefinitionNode, parts: Parts) -> None:
        self._part = parts.operation(operation)
        definitions = operation.variable_definitions or ()
        defaults = {each.variable.name.value: each.default_value for each in definitions}
        self._sizing = tuple(name for name in defaults if name in parts.sizing)
        self._absent = (...,) * len(self._sizing)
        self._defaults = {
            name: value_from_ast_untyped(default) for name in self._sizing if (default := defaults[name]) is not None
        }
        self._known: dict[tuple[Any, ...], int] = {}

    def estimated(self, variables: Mapping[str, Any] | None) -> int:
        given = map((variables or {}).get, self._sizing, self._absent)
        key = tuple([each if type(each) is int else _size(each) for each in given])
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[key] = _told(sum(Estimate(self._values(variables)).of(self._part)))
        return found

    def counted(self, data: dict[str, Any] | None, variables: Mapping[str, Any] | None) -> int:
        """In the operation's answer."""
        return _told(counted(self._part, [] if data is None else [data], self._values(variables)))

    def _values(self, variables: Mapping[str, Any] | None) -> Values:
        """Of the variables that size a list, in the operation's order."""
        if not self._sizing:
            return {}
        given = {**self._defaults, **variables} if variables else self._defaults
        return {name: given[name] for name in self._sizing if name in given}


class Charged(Struct, frozen=True):
    """One execution."""

    operation: OperationCost
    variables: Mapping[str, Any] | None
    estimated: int
    limit: int

    def told(self, data: dict[str, Any] | None) -> dict[str, int]:
        """`data` is what was answered."""
        actual = self.operation.counted(data, self.variables)
        return {"estimated": self.estimated, "actual": actual, "limit": self.limit}


def _size(value: Any) -> Any:
    """What is remembered of a value that is no whole number."""
    return (len(value),) if isinstance(value, list) else type(value)


def _told(tenths: int) -> int:
    return -(-tenths // TENTHS)
