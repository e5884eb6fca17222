"""The types of what a document selects, by path through its answer."""

from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)


@dataclass(frozen=True, slots=True)
class Step:
    """`required`: a null there is no answer."""

    key: str
    required: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads. `type` is without its own "!": the path before it may make it nullable, too."""

    type: GraphQLOutputType
    nullable: bool
    selected: SelectionSetNode | None
    description: str = ""

    def follow(self, steps: tuple[Step, ...]) -> "Place":
        """Raises LookupError for what the document does not select."""
        place = Place(self.type, False, self.selected)
        for step in steps:
            place = place._next(step)
        return place

    def _next(self, step: Step) -> "Place":
        if is_list_type(self.type):
            raise LookupError(f"leads through a list before {step.key}: it needs fields")
        parent = get_named_type(self.type)
        selections = self.selected.selections if self.selected else ()
        node = next((each for each in selections if isinstance(each, FieldNode) and _key(each) == step.key), None)
        if node is None or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            raise LookupError(f"leads to {step.key}, which the document does not select")
        field = parent.fields[node.name.value]
        nullable = self.nullable or not (step.required or is_non_null_type(field.type))
        return Place(get_nullable_type(field.type), nullable, node.selection_set, field.description or "")


def root(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Place:
    assert schema.query_type
    return Place(schema.query_type, False, operation.selection_set)


def steps_of(path: str) -> tuple[Step, ...]:
    return tuple(Step(each.removesuffix("!"), each.endswith("!")) for each in path.split("."))


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
