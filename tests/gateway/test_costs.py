"""The table of what fields cost is whole, and says what the loaders, the upstream clients and the resolvers do."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_introspection_type,
    is_list_type,
    is_object_type,
)

from gateway.context import Identity, make_upstreams
from gateway.costs import FIELDS, LOADERS
from gateway.loaders import Loaders, Read
from gateway.schema import schema
from gateway.upstreams.through_httpx import HttpxSender
from gateway.windows import Window
from tests.support.apps import GATEWAY
from tests.support.given import TEACHER

TYPES = [each for each in schema._schema.type_map.values() if is_object_type(each) and not is_introspection_type(each)]
GRAPH = {f"{of.name}.{name}": field for of in TYPES for name, field in of.fields.items()}
FREE_ROOTS = {"Query.viewer", "Subscription.teacherUpdates"}


def test_every_root_field_has_its_cost() -> None:
    roots = {each for each in GRAPH if each.startswith(("Query.", "Mutation.", "Subscription."))}
    assert roots - FIELDS.keys() == FREE_ROOTS
    assert FIELDS.keys() <= GRAPH.keys()


def test_every_loader_has_its_endpoint_and_is_paid_for_by_some_field() -> None:
    assert LOADERS.keys() == {name for name, each in vars(Loaders).items() if isinstance(each, Read)}
    paid = {read for cost in FIELDS.values() for read in (*cost.by_parent, *cost.by_item)}
    assert set(LOADERS.values()) <= paid


def costly(of: Any, seen: frozenset[str] = frozenset()) -> bool:
    """Whether anything below an object of this type costs a call."""
    named = get_named_type(of)
    if not isinstance(named, GraphQLObjectType) or named.name in seen:
        return False
    inside = seen | {named.name}
    return any(f"{named.name}.{name}" in FIELDS or costly(field.type, inside) for name, field in named.fields.items())


def bounded(name: str, field: GraphQLField) -> bool:
    of_connection = name.partition(".")[0].endswith("Connection")
    return of_connection or "ids" in field.args or (name in FIELDS and FIELDS[name].items > 1)


def test_no_list_is_without_a_bound_where_something_below_it_costs() -> None:
    lists = {name: field for name, field in GRAPH.items() if is_list_type(get_nullable_type(field.type))}
    assert [name for name, field in lists.items() if costly(field.type) and not bounded(name, field)] == []


# The arithmetic is the clients' own.


async def called(name: str, n: int, first: int) -> Counter[str]:
    """The calls of a loader that reads so many keys; nothing is found for any."""
    nothing = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    async with httpx.AsyncClient(transport=nothing, base_url="http://upstream.test") as client:
        sender = HttpxSender(client, 4_194_304)
        context = make_upstreams(GATEWAY, sender, sender, sender).context(Identity(TEACHER, None, ()))
        ids = [uuid4() for _ in range(n)]
        keys: list[Any] = [(each, Window(first, None)) for each in ids] if LOADERS[name].paged else ids
        keys = [str(each) for each in ids] if name == "balance_by_user" else keys
        with_failures = asyncio.gather(getattr(context.loaders, name)._read(keys), return_exceptions=True)
        await with_failures
        return Counter(f"{each.service} {each.method}" for each in context.session.calls)


@pytest.mark.parametrize("name", LOADERS)
async def test_a_loader_makes_as_many_calls_as_the_table_says(name: str) -> None:
    read = LOADERS[name]
    for n, first in [(1, 1), (25, 100), (26, 100), (200, 3), (201, 20), (833, 3), (834, 3), (1000, 1), (2001, 2)]:
        if name == "balance_by_user" and n > 26:
            continue
        method = "POST" if read.in_url and n > read.in_url else read.method
        assert await called(name, n, first) == {f"{read.service} {method}": read.calls(n, first)}, (n, first)
        assert method in read.methods(n).split(" or ")
