"""The rules of the graph that can be read from its schema."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from cli.schema_review import deprecated_since
from gateway.costs import FIELDS
from gateway.schema import schema

TYPES = [each for each in schema._schema.type_map.values() if not is_introspection_type(each)]
OBJECTS = [each for each in TYPES if is_object_type(each)]
CONNECTIONS = [each for each in OBJECTS if each.name.endswith("Connection")]
GRAPH: dict[str, GraphQLField] = {f"{of.name}.{name}": field for of in OBJECTS for name, field in of.fields.items()}
NODES = {each.name for each in OBJECTS if "Node" in {one.name for one in each.interfaces}}

SHORT_LISTS = {"Query.courses", "Query.nodes", "Student.classes"}
"""Of nodes, and no connections: six at most, 100 ids at most, 20 at most."""
NOT_NULL = {"Query.nodes", "Subscription.batchUpdated", "Subscription.teacherUpdates"}
"""Roots whose null would say nothing: the nodes are null one by one, and a stream ends."""


def of(name: str) -> str:
    return get_named_type(GRAPH[name].type).name


def test_every_list_of_nodes_is_a_connection() -> None:
    lists = {name for name, field in GRAPH.items() if is_list_type(get_nullable_type(field.type))}
    items = {name for name in lists if of(name) in NODES | {"Node", "Course"} or of(name).endswith("Edge")}
    assert {name for name in items if not name.partition(".")[0].endswith("Connection")} == SHORT_LISTS


@pytest.mark.parametrize("connection", CONNECTIONS, ids=str)
def test_a_connection_is_a_forward_one_with_nodes_and_a_total(connection: GraphQLObjectType) -> None:
    item = connection.name.removesuffix("Connection")
    assert {name: str(field.type) for name, field in connection.fields.items()} == {
        "edges": f"[{item}Edge!]!",
        "nodes": f"[{item}!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }
    edge = schema._schema.type_map[f"{item}Edge"]
    assert isinstance(edge, GraphQLObjectType)
    assert {name: str(field.type) for name, field in edge.fields.items()} == {"cursor": "String!", "node": f"{item}!"}


@pytest.mark.parametrize("name", [name for name in GRAPH if of(name).endswith("Connection")])
def test_a_connection_takes_first_and_after(name: str) -> None:
    taken = {each: (str(argument.type), argument.default_value) for each, argument in GRAPH[name].args.items()}
    assert taken["first"] == ("Int", 20)
    assert taken["after"][0] == "String"
    # Screens with page numbers show lists of the root.
    assert ("offset" in taken) == name.startswith("Query.")
    assert taken.get("offset", ("Int", 0)) == ("Int", 0)


def test_what_costs_a_call_may_be_null_and_so_may_every_root() -> None:
    roots = {name for name in GRAPH if name.startswith(("Query.", "Mutation.", "Subscription."))}
    needed = {name for name in FIELDS.keys() | roots if is_non_null_type(GRAPH[name].type)}
    assert needed == NOT_NULL
    assert str(GRAPH["Query.nodes"].type) == "[Node]!"


def test_nodes_have_global_ids_and_every_id_argument_takes_one() -> None:
    assert {"Batch", "Essay", "SchoolClass", "Student"} == NODES
    assert {str(GRAPH[f"{each}.id"].type) for each in NODES} == {"ID!"}
    arguments = {
        f"{name}({each}:)": str(argument.type)
        for name, field in GRAPH.items()
        for each, argument in field.args.items()
        if each == "id" or each.endswith(("Id", "Ids"))
    }
    assert set(arguments.values()) <= {"ID!", "ID", "[ID!]!"}


def names() -> Iterator[tuple[str, str]]:
    """What kind of name it should be, and the name."""
    for each in TYPES:
        yield "type", each.name
        if isinstance(each, GraphQLEnumType):
            yield from (("value", name) for name in each.values)
        elif isinstance(each, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in each.fields.items():
                yield "field", name
                yield from (("field", argument) for argument in getattr(field, "args", {}))


def test_names_are_of_their_case() -> None:
    right = {"type": r"[A-Z][A-Za-z]*", "field": r"[a-z][A-Za-z]*", "value": r"[A-Z][A-Z0-9_]*"}
    assert [name for kind, name in names() if not re.fullmatch(right[kind], name)] == []


def test_mutations_take_one_input_and_say_what_the_user_can_mend() -> None:
    mutations = {name: field for name, field in GRAPH.items() if name.startswith("Mutation.")}
    for name, field in mutations.items():
        assert [*field.args] == ["input"], name
        assert str(field.args["input"].type).endswith("Input!"), name
        assert str(GRAPH[f"{of(name)}.userErrors"].type) == "[UserError!]!", name
    payloads = {of(name) for name in mutations}
    assert {name for name in GRAPH if name.partition(".")[0] in payloads and is_non_null_type(GRAPH[name].type)} == {
        f"{each}.userErrors" for each in payloads
    }


def test_a_deprecation_says_since_when() -> None:
    """`make schema` lets go what was deprecated long enough by the day in its reason."""
    reasons = {name: field.deprecation_reason for name, field in GRAPH.items() if field.deprecation_reason}
    for each in TYPES:
        if isinstance(each, GraphQLEnumType | GraphQLInputObjectType):
            inside = each.values if isinstance(each, GraphQLEnumType) else each.fields
            found = {f"{each.name}.{name}": one.deprecation_reason for name, one in inside.items()}
            reasons |= {name: reason for name, reason in found.items() if reason}
    assert {name: reason for name, reason in reasons.items() if not since(reason)} == {}


def since(reason: str) -> bool:
    day = deprecated_since(reason)
    return day is not None and day <= date.today()  # noqa: DTZ011  a day is what is written there
