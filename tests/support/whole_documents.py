"""Documents that are made from the schema, so that they hold what is added to it."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
)

from gateway.schema import schema

GRAPH = schema._schema
Fields = tuple[str, ...]


def object_type(name: str) -> GraphQLObjectType:
    found = GRAPH.type_map[name]
    assert is_object_type(found)
    return found


def roots(kind: str) -> list[str]:
    """The fields of Query, Mutation or Subscription."""
    return list(object_type(kind).fields)


def selection(of: Any, depth: int) -> str:
    """Every field of the type, so many edges deep; nothing of a leaf."""
    named = get_named_type(of)
    if is_leaf_type(named):
        return ""
    inside = "".join(
        f" {name}{selection(field.type, depth - 1)}"
        for name, field in _fields(named).items()
        if depth > 0 or is_leaf_type(get_named_type(field.type))
    )
    # What has no leaf of its own still has to select something.
    return f" {{ __typename{inside}{_of_each_kind(named)} }}"


def _fields(named: GraphQLNamedType) -> dict[str, Any]:
    return named.fields if is_object_type(named) or is_interface_type(named) else {}


def _of_each_kind(named: GraphQLNamedType) -> str:
    if not is_abstract_type(named):
        return ""
    return "".join(f" ... on {each.name}{selection(each, 0)}" for each in GRAPH.get_possible_types(named))


def ways(first: Fields) -> dict[str, Fields]:
    """The fields that lead from Query to each object type below it. Those in `first` are tried before other roots."""
    found: dict[str, Fields] = {}
    for root in [*first, *(each for each in roots("Query") if each not in first)]:
        for name, way in _below("Query", (root,)):
            found.setdefault(name, way)
    return found


def _below(of: str, start: Fields) -> Iterator[tuple[str, Fields]]:
    """The nearest types come first."""
    queue, seen = [(of, start)], set[str]()
    for parent, way in queue:
        target = get_named_type(object_type(parent).fields[way[-1]].type)
        if not is_object_type(target) or target.name in seen:
            continue
        seen.add(target.name)
        yield target.name, way
        queue.extend((target.name, (*way, each)) for each in target.fields)


def document(way: Fields, arguments: str, inside: str) -> str:
    """`arguments` are the root's."""
    [root, *others] = way
    return f"{{ {root}{arguments} " + "".join(f"{{ {each} " for each in others) + inside + " }" * len(way)


def told(answer: Any) -> Iterator[str]:
    """The fields that are not null, with their types."""
    if isinstance(answer, list):
        for each in answer:
            yield from told(each)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if "__typename" in answer and value is not None:
                yield f"{answer['__typename']}.{name}"
            yield from told(value)
