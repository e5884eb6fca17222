"""The selections of a document as what they cost, put together from its nodes."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_leaf_type,
    is_list_type,
    type_from_ast,
    value_from_ast_untyped,
)

from gateway.costs import FIELDS, Cost
from gateway.limits.sums import NOTHING, ONE, Length, Part, Place
from gateway.limits.weights import CHANGE, INTROSPECTED, INTROSPECTED_ITEMS, ITEMS, KEY, LEAF, OBJECT, READ
from gateway.sizes import ids_length, page_length

FREE = Cost()
FIRST, IDS = "first", "ids"


class Parts:
    """Of a valid document; each fragment is put together once. `sizing`: the variables that lengths depend on."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._definitions = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._fragments: dict[str, Part] = {}
        self.sizing: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> Part:
        root = self._schema.get_root_type(operation.operation)
        assert root
        return self._selected(operation.selection_set, root)

    def _selected(self, selections: SelectionSetNode, of: GraphQLNamedType) -> Part:
        part = Part()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._add(part, node, of)
            elif isinstance(node, InlineFragmentNode):
                on: Any = type_from_ast(self._schema, node.type_condition) if node.type_condition else of
                part.places.append(Place((), self._selected(node.selection_set, on)))
            elif isinstance(node, FragmentSpreadNode):
                part.places.append(Place((), self._fragment(node.name.value)))
        return part

    def _fragment(self, name: str) -> Part:
        if name not in self._fragments:
            definition = self._definitions[name]
            on: Any = type_from_ast(self._schema, definition.type_condition)
            self._fragments[name] = self._selected(definition.selection_set, on)
        return self._fragments[name]

    def _add(self, part: Part, node: FieldNode, of: GraphQLNamedType) -> None:
        found: Any = self._schema.get_field(of, node.name.value)  # type: ignore[arg-type]
        definition: GraphQLField = found
        named, key = get_named_type(definition.type), (node.alias or node.name).value
        cost = FIELDS.get(f"{of.name}.{node.name.value}", FREE)
        page = self._length(node, definition, FIRST)
        part.once += CHANGE if of is self._schema.mutation_type else 0
        self._reads(part, cost, page or self._length(node, definition, IDS) or Length(ITEMS))
        if is_leaf_type(named) or node.selection_set is None:
            part.each += 0 if is_introspection_type(of) else LEAF
            return
        value = INTROSPECTED if is_introspection_type(named) else OBJECT
        inside = self._selected(node.selection_set, named)
        if page:
            part.places.append(Place((key,), inside, ONE, value, page))
        elif is_list_type(get_nullable_type(definition.type)):
            part.places.append(Place((key,), inside, self._items(node, definition, of), value))
        else:
            part.each += value + inside.each
            part.once += inside.once
            part.places += [each.below(key) for each in inside.places]

    def _reads(self, part: Part, cost: Cost, items: Length) -> None:
        part.once += READ * (len(cost.by_parent) + len(cost.by_item))
        part.each += KEY * len(cost.by_parent)
        if cost.by_item:
            part.places.append(Place(None, NOTHING, items, KEY))

    def _items(self, node: FieldNode, definition: GraphQLField, of: GraphQLNamedType) -> Length | None:
        if of.name.endswith("Connection"):
            return None
        if is_introspection_type(of):
            return Length(INTROSPECTED_ITEMS.get(node.name.value, 1))
        return self._length(node, definition, IDS) or Length(ITEMS)

    def _length(self, node: FieldNode, definition: GraphQLField, name: str) -> Length | None:
        """By this argument; None for a field without it."""
        if name not in definition.args:
            return None
        measure = ids_length if name == IDS else page_length
        absent = measure(definition.args[name].default_value)
        for each in node.arguments or ():
            if each.name.value == name:
                if not isinstance(each.value, VariableNode):
                    return Length(measure(value_from_ast_untyped(each.value)))
                self.sizing.add(each.value.name.value)
                return Length(absent, each.value.name.value, name == IDS)
        return Length(absent)
