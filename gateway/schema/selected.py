"""What a document selects of a field, to spare a call that would bring nothing that is asked for."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from strawberry.types import Info


def selects_only(info: Info[Any, Any], known: Collection[str]) -> bool:
    """Whether all that is selected of the field's object is among these names, as the schema has them.

    What a directive may leave out counts as selected.
    """
    raw = info._raw_info  # noqa: SLF001  Strawberry's own view expands each fragment at each of its spreads
    nodes = [node.selection_set for node in raw.field_nodes]
    return all(name in known for name in _fields(nodes, raw.fragments))


def _fields(nodes: list[SelectionSetNode | None], fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    """Each fragment is looked into once."""
    seen: set[str] = set()
    while nodes:
        node = nodes.pop()
        for each in node.selections if node else ():
            match each:
                case FieldNode():
                    yield each.name.value
                case InlineFragmentNode():
                    nodes.append(each.selection_set)
                case FragmentSpreadNode() if each.name.value not in seen:
                    seen.add(each.name.value)
                    nodes.append(fragments[each.name.value].selection_set)
