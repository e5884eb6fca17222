"""The fields that a document selects of an object, with what is known of its variables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    type_from_ast,
    value_from_ast_untyped,
)

Selections: TypeAlias = tuple[SelectionSetNode, ...]
"""Of a field, or of all that are merged into one."""


@dataclass(frozen=True, slots=True)
class Merging:
    """`variables` are those whose values are known, `used` those that were asked for."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    used: set[str] = field(default_factory=set)

    def fields(self, selections: Selections, of: GraphQLObjectType) -> Iterator[Sequence[FieldNode]]:
        """Those with one response key together. What only a variable could leave out is there."""
        merged: dict[str, list[FieldNode]] = {}
        for node in self._selected(selections, of, set()):
            if not node.name.value.startswith("__"):
                merged.setdefault((node.alias or node.name).value, []).append(node)
        yield from merged.values()

    def value(self, node: FieldNode | DirectiveNode, name: str, default: Any) -> Any:
        """Of an argument. Undefined when only a variable could tell."""
        for each in node.arguments or ():
            if each.name.value == name:
                if isinstance(each.value, VariableNode):
                    self.used.add(each.value.name.value)
                return value_from_ast_untyped(each.value, dict(self.variables))
        return default

    def _selected(self, selections: Selections, of: GraphQLObjectType, seen: set[str]) -> Iterator[FieldNode]:
        for each in (each for one in selections for each in one.selections):
            if not self._included(each.directives or ()):
                continue
            match each:
                case FieldNode():
                    yield each
                case InlineFragmentNode() if self._applies(each, of):
                    yield from self._selected((each.selection_set,), of, seen)
                case FragmentSpreadNode() if each.name.value not in seen:
                    seen.add(each.name.value)
                    fragment = self.fragments[each.name.value]
                    if self._applies(fragment, of):
                        yield from self._selected((fragment.selection_set,), of, seen)

    def _applies(self, node: InlineFragmentNode | FragmentDefinitionNode, of: GraphQLObjectType) -> bool:
        if node.type_condition is None:
            return True
        on = type_from_ast(self.schema, node.type_condition)
        return on is of or (is_abstract_type(on) and self.schema.is_sub_type(on, of))

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        told = [(each.name.value, self.value(each, "if", None)) for each in directives]
        return ("skip", True) not in told and ("include", False) not in told
