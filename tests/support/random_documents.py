"""Random documents that are valid against the graph, and ask for what a school has."""

from collections.abc import Iterator
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectTypeDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    Visitor,
    build_ast_schema,
    get_named_type,
    is_leaf_type,
    parse,
    print_ast,
    visit,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis_graphql import queries

from gateway.schema import schema
from tests.support.graph import global_id
from tests.support.school import School

Document = tuple[str, dict[str, Any]]
"""With the variables that are given."""
WHOLE = schema._schema
DULL = {"PageInfo", "PhaseResult", "Course", "Teacher"}
"""Nothing is below them."""
LENGTHS = [1, 2, 3, 20, 100]


def random_documents(school: School, n: int) -> list[Document]:
    """The same ones each time. Half of them are over the whole schema, half over its edges."""
    random = Random(5)  # noqa: S311  it is to be the same each time
    found: dict[str, dict[str, Any]] = {}
    for over, wanted in ((WHOLE, n // 2), (edges_only(), n)):
        for generated in _generated(over, random):
            query, variables = varied(generated, school, random)
            found.setdefault(query, variables)
            if len(found) == wanted:
                break
    return list(found.items())


def _generated(over: GraphQLSchema, random: Random) -> Iterator[DocumentNode]:
    """Root by root: one that chooses among all of them hardly gets below the first edges."""
    assert over.query_type
    while True:
        for root in over.query_type.fields:
            yield from _of_root(over, root, random.getrandbits(32))


def _of_root(over: GraphQLSchema, root: str, number: int) -> list[DocumentNode]:
    found: list[DocumentNode] = []

    @settings(
        max_examples=25,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(number)
    @given(queries(over, fields=[root], print_ast=lambda document: document))
    def collect(document: DocumentNode) -> None:
        found.append(document)

    collect()
    return found


class Pruned(Visitor):
    """One leaf for each node, and for what has no edges."""

    def leave_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: Any) -> ObjectTypeDefinitionNode:
        of = WHOLE.type_map[node.name.value]
        assert isinstance(of, GraphQLObjectType)
        types = {name: get_named_type(field.type) for name, field in of.fields.items()}
        kept = [each for each in node.fields or () if types[each.name.value].name not in DULL]
        leaves = [each for each in kept if is_leaf_type(types[each.name.value])]
        # A node ends a chain of edges; what has edges alone leads on.
        unwanted = leaves[1:] if of.interfaces or len(leaves) == len(kept) else leaves
        fields = tuple(each for each in kept if each not in unwanted)
        return ObjectTypeDefinitionNode(name=node.name, fields=fields, interfaces=node.interfaces, directives=())


def edges_only() -> GraphQLSchema:
    return build_ast_schema(visit(parse(schema.as_str()), Pruned()), assume_valid=True)


class Varied(Visitor):
    """Arguments that bring data back, but for a few; and aliases, fragments and variables beside."""

    def __init__(self, school: School, random: Random) -> None:
        super().__init__()
        self.school = school
        self.random = random
        self.variables: dict[str, int] = {}

    def leave_field(self, node: FieldNode, *_: Any) -> FieldNode:
        field = node.name.value
        return copied(
            node,
            arguments=tuple(
                ArgumentNode(name=each.name, value=self._value(field, each.name.value, each.value))
                for each in node.arguments or ()
            ),
        )

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        selections = list(node.selections)
        edges = [each for each in selections if isinstance(each, FieldNode) and each.selection_set]
        if edges and self.random.random() < 0.2:
            edge = self.random.choice(edges)
            selections.append(copied(edge, alias=NameNode(value=f"{(edge.alias or edge.name).value}Again")))
        whole = SelectionSetNode(selections=tuple(selections))
        if self.random.random() < 0.9:
            return whole
        return SelectionSetNode(
            selections=(InlineFragmentNode(type_condition=None, directives=(), selection_set=whole),)
        )

    def _value(self, field: str, name: str, generated: ValueNode) -> ValueNode:
        if self.random.random() < 0.03:
            return generated
        match name:
            case "first":
                return self._first()
            case "id":
                return StringValueNode(value=self._id(field))
            case "ids":
                ids = [StringValueNode(value=self._id("node")) for _ in range(self.random.randint(0, 8))]
                return ListValueNode(values=tuple(ids))
            case "offset":
                return IntValueNode(value="0")
            case _:
                return NullValueNode()

    def _first(self) -> ValueNode:
        first = self.random.choice(LENGTHS)
        if self.random.random() < 0.8:
            return IntValueNode(value=str(first))
        name = f"v{len(self.variables)}"
        self.variables[name] = first
        return VariableNode(name=NameNode(value=name))

    def _id(self, field: str) -> str:
        match field:
            case "batch":
                return str(self.random.choice(self.school.batches))
            case "class":
                return global_id("SchoolClass", self.random.choice(self.school.classes))
            case "student":
                return str(self.random.choice(self.school.students))
            case _:
                return self.random.choice(self.school.nodes)


def copied(node: FieldNode, **changes: Any) -> FieldNode:
    kept = {key: getattr(node, key) for key in ("alias", "name", "arguments", "directives", "selection_set")}
    return FieldNode(**kept | changes)


def varied(document: DocumentNode, school: School, random: Random) -> Document:
    """Of half the variables the default is the value, the others are given."""
    visitor = Varied(school, random)
    selections = print_ast(visit(document, visitor))
    given = {name: value for name, value in visitor.variables.items() if random.random() < 0.5}
    declared = ", ".join(
        f"${name}: Int" if name in given else f"${name}: Int = {value}" for name, value in visitor.variables.items()
    )
    return (f"query ({declared}) {selections}" if declared else selections), given
