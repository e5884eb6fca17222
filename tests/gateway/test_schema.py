"""The graph explains itself."""

import re
from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)

from gateway.schema import schema

Described = tuple[str, str | None]
OURS = [
    each
    for each in schema._schema.type_map.values()
    if not is_introspection_type(each) and not is_specified_scalar_type(each)
]


def described(of: GraphQLNamedType) -> Iterator[Described]:
    """The type and everything in it."""
    yield of.name, of.description
    match of:
        case GraphQLEnumType():
            yield from ((f"{of.name}.{name}", value.description) for name, value in of.values.items())
        case GraphQLInputObjectType():
            yield from ((f"{of.name}.{name}", field.description) for name, field in of.fields.items())
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in of.fields.items():
                yield f"{of.name}.{name}", field.description
                for argument, taken in field.args.items():
                    yield f"{of.name}.{name}({argument}:)", taken.description


@pytest.mark.parametrize("of", OURS, ids=[each.name for each in OURS])
def test_everything_has_a_description(of: GraphQLNamedType) -> None:
    assert [name for name, text in described(of) if not (text or "").strip()] == []


def test_descriptions_are_sentences() -> None:
    texts = {name: text or "" for of in OURS for name, text in described(of)}
    assert len(texts) > 150
    assert [name for name, text in texts.items() if not re.fullmatch(r"[A-Z0-9`].*\.", text, re.DOTALL)] == []
