"""How deep and how wide the operations of a document are, as if each fragment stood where it is spread.

Each fragment is looked at once, so that spreads of spreads cost no time; what they come to is added up, and stops
growing at `MOST`. A fragment has a height of its own, which is added to the depth at which it is spread.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway.limits.document import DocumentLimits
from kit.errors import invalid

MOST = 1_000_000
INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class Shape:
    """Of a selection set. `fields` are those on its own level; `introspection` is the height of such a subtree, of
    which `depth` holds only the root, and `height` all."""

    depth: int = 0
    introspection: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    fragments: int = 0
    introspected: FieldNode | None = None
    height: int = 0

    def add(self, other: "Shape") -> None:
        """All but heights and the level's own fields."""
        self.aliases = min(MOST, self.aliases + other.aliases)
        self.directives = min(MOST, self.directives + other.directives)
        self.fragments = min(MOST, self.fragments + other.fragments)
        self.introspected = self.introspected or other.introspected

    def spread(self, other: "Shape") -> None:
        """The other's selections stand on this level."""
        self.add(other)
        self.depth = max(self.depth, other.depth)
        self.height = max(self.height, other.height)
        self.introspection = max(self.introspection, other.introspection)
        self.fields = min(MOST, self.fields + other.fields)

    def field(self, node: FieldNode, inside: "Shape") -> None:
        self.add(inside)
        self.fields = min(MOST, self.fields + 1)
        self.height = max(self.height, 1 + inside.height)
        introspects = node.name.value in INTROSPECTION
        self.depth = max(self.depth, 1 if introspects else 1 + inside.depth)
        self.introspection = max(self.introspection, 1 + inside.height if introspects else inside.introspection)
        if introspects:
            self.introspected = self.introspected or node


class Shapes:
    """Of a document that need not be valid: an unknown fragment, or one within itself, is as if it were empty."""

    def __init__(self, document: DocumentNode) -> None:
        self._definitions = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._fragments: dict[str, Shape] = {}

    def of(self, operation: OperationDefinitionNode) -> Shape:
        found = self._selected(operation.selection_set)
        told = len(operation.directives or ())
        told += sum(len(each.directives or ()) for each in operation.variable_definitions or ())
        found.directives = min(MOST, found.directives + told)
        return found

    def _selected(self, selections: SelectionSetNode) -> Shape:
        shape = Shape()
        for node in selections.selections:
            shape.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                shape.aliases += node.alias is not None
                shape.field(node, self._selected(node.selection_set) if node.selection_set else Shape())
                continue
            shape.fragments += 1
            if isinstance(node, InlineFragmentNode):
                shape.spread(self._selected(node.selection_set))
            elif isinstance(node, FragmentSpreadNode):
                shape.spread(self._fragment(node.name.value))
        return shape

    def _fragment(self, name: str) -> Shape:
        if name not in self._fragments:
            self._fragments[name] = Shape()  # what a spread within itself finds
            definition = self._definitions.get(name)
            if definition:
                found = self._selected(definition.selection_set)
                found.directives += len(definition.directives or ())
                self._fragments[name] = found
        return self._fragments[name]


def excesses(document: DocumentNode, limits: DocumentLimits) -> list[GraphQLError]:
    """What each operation has too much of. Raises RecursionError."""
    shapes = Shapes(document)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions)
    if fragments > limits.fragments:
        return [refusal(f"has {fragments:,} fragments; at most {limits.fragments:,} are allowed")]
    return [error for each in operations for error in _excesses(each, shapes.of(each), limits)]


def _excesses(operation: OperationDefinitionNode, shape: Shape, limits: DocumentLimits) -> Iterator[GraphQLError]:
    if shape.introspected and not limits.introspection:
        yield refusal(
            "may not ask for __schema or __type: introspection is off here", shape.introspected, reason="introspection"
        )
    for actual, limit, what in (
        (shape.depth, limits.depth, "levels of fields"),
        (shape.introspection, limits.introspection_depth, "levels of introspection"),
        (shape.aliases, limits.aliases, "aliases"),
        (shape.fields, limits.root_fields, "root fields"),
        (shape.directives, limits.directives, "directives"),
        (shape.fragments, limits.fragments, "fragment spreads"),
    ):
        if actual > limit:
            told = f"{actual:,}" if actual < MOST else f"{MOST:,} or more"
            yield refusal(f"has {told} {what}; at most {limit:,} are allowed", operation, reason=what)


def refusal(message: str, node: Node | None = None, *, reason: str = "limit") -> GraphQLError:
    """As an error of our own tree, so that REST tells it too. `message` goes on after the name of what is refused."""
    error = invalid("query", message)
    error.reason = reason
    return GraphQLError(error.message, node, original_error=error)
