"""The directives of a document, without the walk past its names and values."""

from collections.abc import Iterator
from typing import Any

from graphql import DirectiveNode, DocumentNode


def directives(document: DocumentNode) -> Iterator[DirectiveNode]:
    """In no order. Of one that can be executed."""
    left: list[Any] = [*document.definitions]
    while left:
        node = left.pop()
        yield from node.directives or ()
        left += getattr(node, "variable_definitions", None) or ()
        selected = getattr(node, "selection_set", None)
        left += selected.selections if selected else ()
