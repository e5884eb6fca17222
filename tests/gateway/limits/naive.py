"""Random documents, and what they come to when every fragment is written out where it is spread."""

from fractions import Fraction
from itertools import count
from math import ceil
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    parse,
    value_from_ast_untyped,
)
from hypothesis import strategies as st

from gateway.costs import FIELDS, Cost
from gateway.limits.shape import Shape
from gateway.schema import schema

GRAPH: GraphQLSchema = schema._schema
LEVELS = 3


@st.composite
def shapeless(draw: st.DrawFn) -> str:
    """Of no schema. A fragment spreads those behind it, and some that are not there."""
    many = draw(st.integers(0, 4))

    def selections(level: int, after: int) -> str:
        made = [draw(st.sampled_from(["a", "x: a", "b @i", "__typename", "__schema { a }", "__type"]))]
        for _ in range(draw(st.integers(0, 2 if level else 0))):
            kind = draw(st.sampled_from(["field", "aliased", "inline", "spread", "spread", "schema"]))
            inside = "" if kind == "spread" else selections(level - 1, after)
            made.append(
                {
                    "field": f"c {{ {inside} }}",
                    "aliased": f"y: c @i {{ {inside} }}",
                    "schema": f"__schema {{ {inside} }}",
                    "inline": f"... on T @i {{ {inside} }}",
                    "spread": f"...F{draw(st.integers(after, many))}",
                }[kind]
            )
        return " ".join(draw(st.permutations(made)))

    fragments = [f"fragment F{i} on T {{ {selections(LEVELS, i + 1)} }}" for i in range(many)]
    return " ".join([f"{{ {selections(LEVELS, 0)} }}", *fragments])


class Query:
    """Made piece by piece, as `draw` decides."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.fragments: list[str] = []
        self.keys = count()

    def selections(self, of: Any, level: int) -> str:
        if not is_object_type(of):
            kinds = self.draw(st.sets(st.sampled_from(["Batch", "Essay", "Student"]), min_size=1))
            inside = [f"... on {each} {{ {self.selections(GRAPH.type_map[each], level)} }}" for each in sorted(kinds)]
            return " ".join(["id", *inside])
        whole = " ".join(f"k{next(self.keys)}: {self.field(of, level)}" for _ in range(self.draw(st.integers(1, 2))))
        match self.draw(st.sampled_from(["plain", "plain", "inline", "spread", "both"])):
            case "plain":
                return whole
            case "inline":
                return f"... {{ {whole} }} __typename"
            case kind:
                self.fragments.append(f"fragment F{len(self.fragments)} on {of.name} {{ {whole} }}")
                spread = f"...F{len(self.fragments) - 1}"
                return f"{spread} ... on {of.name} {{ {spread} }}" if kind == "both" else spread

    def field(self, of: GraphQLObjectType, level: int) -> str:
        composite = {name for name, each in of.fields.items() if not is_leaf_type(get_named_type(each.type))}
        names = composite if level and composite else of.fields.keys() - composite
        name: str = self.draw(st.sampled_from(sorted(names) or ["__typename"]))
        if name not in composite:
            return name
        found = of.fields[name]
        return f"{name}{self.arguments(found)} {{ {self.selections(get_named_type(found.type), level - 1)} }}"

    def arguments(self, of: GraphQLField) -> str:
        firsts = ["", "(first: 3)", "(first: null)", "(first: $n)", "(first: 1000)", "(first: -1)"]
        choices = {"id": ['(id: "x")'], "ids": ['(ids: ["a", "b"])', '(ids: "a")', "(ids: $ids)"], "first": firsts}
        return "".join(self.draw(st.sampled_from(choices[each])) for each in of.args if each in choices)


@st.composite
def of_the_graph(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A valid query, with values for its variables, $n and $ids."""
    query = Query(draw)
    text = query.selections(GRAPH.query_type, LEVELS + 1)
    values = {"n": draw(st.sampled_from([1, 7, None, 500])), "ids": draw(st.sampled_from([["a"], ["a", "b", "c"]]))}
    kinds = {"n": "$n: Int", "ids": "$ids: [ID!]!"}
    whole = " ".join([text, *query.fragments])
    used = [name for name in kinds if f"${name})" in whole]
    head = f"query({', '.join(kinds[each] for each in used)})" if used else "query"
    return " ".join([f"{head} {{ {text} }}", *query.fragments]), {name: values[name] for name in used}


class Expanded:
    """A document with one operation."""

    def __init__(self, text: str, values: dict[str, Any] | None = None) -> None:
        self.document: DocumentNode = parse(text)
        definitions = self.document.definitions
        self.fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
        [self.operation] = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        self.values = values or {}
        self.found = Shape()
        self.calls = 0
        self.weighed = Fraction()

    # the shape

    def shape(self) -> Shape:
        self._shape(self.operation.selection_set, 0, 0)
        return self.found

    def _shape(self, selections: Any, depth: int, introspected: int) -> None:
        for node in selections.selections:
            self.found.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self._shape_field(node, depth, introspected)
                continue
            self.found.fragments += 1
            inside = node if isinstance(node, InlineFragmentNode) else self.fragments.get(node.name.value)
            if inside is not None:
                self.found.directives += len(inside.directives or ()) if inside is not node else 0
                self._shape(inside.selection_set, depth, introspected)

    def _shape_field(self, node: FieldNode, depth: int, introspected: int) -> None:
        found, entered = self.found, node.name.value in ("__schema", "__type")
        inside = introspected + 1 if introspected or entered else 0
        found.fields += depth == 0
        found.aliases += node.alias is not None
        found.introspection = max(found.introspection, inside)
        found.introspected = found.introspected or (node if entered else None)
        found.depth = found.depth if introspected else max(found.depth, depth + 1)
        if node.selection_set:
            self._shape(node.selection_set, depth + 1, inside)

    # the cost

    def cost(self) -> int:
        """Ten for a call, one for each key and each object, a half for each leaf."""
        self._cost(self.operation.selection_set, GRAPH.query_type, 1, 1)
        return ceil(10 * self.calls + self.weighed)

    def _cost(self, selections: Any, of: Any, parents: int, page: int) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._cost_field(node, of, parents, page)
            elif isinstance(node, InlineFragmentNode):
                on = GRAPH.type_map[node.type_condition.name.value] if node.type_condition else of
                self._cost(node.selection_set, on, parents, page)
            else:
                fragment = self.fragments[node.name.value]
                self._cost(fragment.selection_set, GRAPH.type_map[fragment.type_condition.name.value], parents, page)

    def _cost_field(self, node: FieldNode, of: Any, parents: int, page: int) -> None:
        definition: Any = GRAPH.get_field(of, node.name.value)
        size, cost = self._size(node, definition), FIELDS.get(f"{of.name}.{node.name.value}", Cost())
        self.calls += len(cost.by_parent) + len(cost.by_item)
        self.weighed += parents * len(cost.by_parent) + parents * size * bool(cost.by_item)
        listed = node.selection_set and is_list_type(get_nullable_type(definition.type))
        objects = parents * (page if of.name.endswith("Connection") else size) if listed else parents
        self.weighed += objects if node.selection_set else Fraction(objects, 2)
        if node.selection_set:
            self._cost(node.selection_set, get_named_type(definition.type), objects, size)

    def _size(self, node: FieldNode, definition: GraphQLField) -> int:
        given = {each.name.value: self._value(each.value) for each in node.arguments or ()}
        if "ids" in definition.args:
            return len(given["ids"]) if isinstance(given["ids"], list) else 1
        if "first" not in definition.args:
            return 5
        first = given.get("first")
        return 20 if first is None else min(max(first, 1), 100)

    def _value(self, value: Any) -> Any:
        return self.values[value.name.value] if isinstance(value, VariableNode) else value_from_ast_untyped(value)
