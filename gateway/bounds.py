"""The most upstream calls that a document can make, from the document alone.

A field of the document is read once for all of its parents (`gateway/loading.py`), so that what it costs follows from
how many parents it has at most: lists are as long as `first` and `ids` let them be. Fields that ask at the same time
share their calls, and what is read already is not read again, so a request may make fewer.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_object_type,
)

from gateway.costs import FIELDS, Cost, Read
from gateway.merging import Merging, Selections
from gateway.sizes import ids_length, page_length


@dataclass(frozen=True, slots=True)
class Bill:
    """Calls, and the keys in them, by what is read."""

    calls: Counter[Read] = field(default_factory=Counter)
    keys: Counter[Read] = field(default_factory=Counter)

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(self.calls + other.calls, self.keys + other.keys)

    def add(self, read: Read, keys: int, first: int) -> None:
        self.calls[read] += read.calls(keys, first)
        self.keys[read] += keys


@dataclass(frozen=True, slots=True)
class Plan:
    """`before`: what a subscription asks before its first event, and `bill` is then of each event."""

    bill: Bill
    before: Bill


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of the document: the nodes that are merged into it, and how many parents it has at most.

    `page` is the most items in the lists of its parent, where that is a connection.
    """

    of: GraphQLObjectType
    nodes: Sequence[FieldNode]
    parents: int
    page: int | None

    @property
    def name(self) -> str:
        return self.nodes[0].name.value

    @property
    def definition(self) -> GraphQLField:
        found: GraphQLField = self.of.fields[self.name]
        return found

    @property
    def cost(self) -> Cost:
        return FIELDS.get(f"{self.of.name}.{self.name}", Cost())

    @property
    def selections(self) -> Selections:
        return tuple(each.selection_set for each in self.nodes if each.selection_set)


class Planner:
    """Of one operation."""

    def __init__(self, merging: Merging) -> None:
        self.merging = merging
        self._known: dict[tuple[Any, ...], Bill] = {}

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        root = self.merging.schema.get_root_type(operation.operation)
        assert root
        roots = [Asked(root, nodes, 1, None) for nodes in self.merging.fields((operation.selection_set,), root)]
        own, below = sum(map(self._own, roots), Bill()), sum(map(self._below, roots), Bill())
        return Plan(below, own) if operation.operation is OperationType.SUBSCRIPTION else Plan(own + below, Bill())

    def _own(self, asked: Asked) -> Bill:
        bill, first = Bill(), self._first(asked)
        for read in asked.cost.by_parent:
            bill.add(read, asked.parents, first or 1)
        for read in asked.cost.by_item:
            bill.add(read, asked.parents * (first or self._items(asked)), first or 1)
        return bill

    def _below(self, asked: Asked) -> Bill:
        objects, page = asked.parents * self._items(asked), self._first(asked)
        bills = (self._of_object(each, asked.selections, objects, page) for each in self._types(asked.definition.type))
        return sum(bills, Bill())

    def _of_object(self, of: GraphQLObjectType, selections: Selections, objects: int, page: int | None) -> Bill:
        """Remembered, because a short document can spread its fragments very many times."""
        key = (of.name, tuple(map(id, selections)), objects, page)
        if key not in self._known:
            fields = [Asked(of, nodes, objects, page) for nodes in self.merging.fields(selections, of)]
            self._known[key] = sum((self._own(each) + self._below(each) for each in fields), Bill())
        return self._known[key]

    def _types(self, of: GraphQLType) -> Sequence[GraphQLObjectType]:
        named = get_named_type(of)
        if is_abstract_type(named):
            return self.merging.schema.get_possible_types(named)
        return [named] if is_object_type(named) else []

    def _first(self, asked: Asked) -> int | None:
        """The length of the page that the field brings; None where it brings no page."""
        if "first" not in asked.definition.args:
            return None
        return page_length(self._argument(asked, "first"))

    def _items(self, asked: Asked) -> int:
        """How many objects the field brings to a parent."""
        if "ids" in asked.definition.args:
            return ids_length(self._argument(asked, "ids"))
        if asked.page and is_list_type(get_nullable_type(asked.definition.type)):
            return asked.page
        return asked.cost.items

    def _argument(self, asked: Asked, name: str) -> Any:
        return self.merging.value(asked.nodes[0], name, asked.definition.args[name].default_value)
