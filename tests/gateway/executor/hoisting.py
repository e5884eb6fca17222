"""A document with its arguments' values in variables."""

from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    TypeNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)
from graphql.language import parse_type
from graphql.utilities import value_from_ast_untyped


class _Hoisting(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.definitions: list[VariableDefinitionNode] = []
        self.values: dict[str, Any] = {}

    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        kind = self.info.get_input_type()
        if kind is None:
            return None
        name = f"v{len(self.values)}"
        self.values[name] = value_from_ast_untyped(node.value)
        variable = VariableNode(name=NameNode(value=name))
        type_node = parse_type(str(kind))
        assert isinstance(type_node, TypeNode | NamedTypeNode | NonNullTypeNode)
        self.definitions.append(VariableDefinitionNode(variable=variable, type=type_node, directives=()))
        return ArgumentNode(name=node.name, value=variable)

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> OperationDefinitionNode:
        return OperationDefinitionNode(
            operation=node.operation,
            name=node.name,
            variable_definitions=(*(node.variable_definitions or ()), *self.definitions),
            directives=node.directives,
            selection_set=node.selection_set,
        )


def hoisted(schema: GraphQLSchema, query: str) -> tuple[DocumentNode, dict[str, Any]]:
    """The document, and the variables that make it what it was."""
    info = TypeInfo(schema)
    visitor = _Hoisting(info)
    made = visit(parse(query, no_location=True), TypeInfoVisitor(info, visitor))
    return made, visitor.values
