"""Documents with what random ones lack: variables, fragments, switches, several operations, changes."""

import asyncio
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.gateway.executor import nasty
from tests.gateway.executor.comparing import compared
from tests.gateway.executor.worlds import World

VARIABLES: list[tuple[str, dict[str, Any] | None]] = [
    ("query($by: Int!) { given { added(by: $by) } }", {"by": 3}),
    ("query($by: Int!) { given { added(by: $by) } }", {}),
    ("query($by: Int!) { given { added(by: $by) } }", {"by": "three"}),
    ("query($by: Int = 4) { given { added(by: $by) } }", None),
    ("query($by: Int = 4) { given { added(by: $by) } }", {"by": None}),
    ("query($to: Int) { given { added(by: 1, to: $to) } }", {}),
    ("query($to: Int, $times: Level) { given { added(by: 1, to: $to, times: $times) } }", {"to": 2, "times": "HIGH"}),
    ("query($to: Int, $times: Level!) { given { added(by: 1, to: $to, times: $times) } }", {"times": "NONE"}),
    ("query($low: Int!) { given { ranged(within: {low: $low, high: null}) } }", {"low": 7}),
    ("query($within: Range!) { given { ranged(within: $within) } }", {"within": {"colours": ["VERT"]}}),
    ("query($within: Range!) { given { ranged(within: $within) } }", {"within": {"colours": ["green"]}}),
    ("query($within: Range!) { given { ranged(within: $within) } }", {"within": {"low": 1, "more": 2}}),
    ("query($plus: Int = 3) { given { seed } maybe { seed surelySoon(ticks: $plus) } }", None),
]
SWITCHES = [
    "query($a: Boolean!, $b: Boolean = true) { given { seed @skip(if: $a) inner @include(if: $b) { seed } } }",
    (
        "query($a: Boolean!, $b: Boolean = true) { given { ...F @skip(if: $a) ... @include(if: $b) { path } } }"
        " fragment F on Resolved { seed }"
    ),
    "query($a: Boolean!, $b: Boolean = true) { given @skip(if: $a) { seed } maybe @include(if: $b) { seed } }",
]
ABSTRACT = [
    "{ given { named { __typename name ... on Aged { age } ... on Cat { lives } } } }",
    "{ given { thing { ... on Named { n: name } ... on Rock { weight under { name } } } } }",
    "{ given { things { __typename ...R ...R } } } fragment R on Rock { under { name } under { nick __typename } }",
    "{ all { aged { name friend { name friend { name } } } } }".replace("friend { name friend { name } }", "nick"),
]
OPERATIONS = "query A { given { seed } } query B { maybe { seed } }"


@pytest.mark.parametrize(("query", "variables"), VARIABLES)
async def test_variables(query: str, variables: dict[str, Any] | None) -> None:
    await compared(nasty.schema(nasty.Resolved), query, lambda: World(1, faults=0).make(nasty.Resolved), variables)


@pytest.mark.parametrize("query", SWITCHES)
@pytest.mark.parametrize("values", [{"a": True}, {"a": False}, {"a": True, "b": False}, {"a": False, "b": None}, {}])
async def test_what_is_skipped(query: str, values: dict[str, Any]) -> None:
    await compared(nasty.schema(nasty.Resolved), query, lambda: World(3, faults=0).make(nasty.Resolved), values)


@pytest.mark.parametrize("query", ABSTRACT)
def test_fragments_of_abstract_types(query: str) -> None:
    for seed in range(30):
        asyncio.run(compared(nasty.schema(nasty.Abstract), query, lambda: World(seed).make(nasty.Abstract)))  # noqa: B023


@pytest.mark.parametrize("name", [None, "A", "B", "C"])
async def test_operations_by_name(name: str | None) -> None:
    made = World(1, faults=0).make(nasty.Resolved)
    await compared(nasty.schema(nasty.Resolved), OPERATIONS, lambda: made, operation_name=name)


@pytest.mark.parametrize(
    "query",
    [
        "mutation { a: change(by: 2) b: change(by: 5) c: change(by: 1) }",
        "mutation { a: change b: surelyChange(by: 5) c: change }",
        "mutation { a: surelyChange(by: 1) b: surelyChange(by: 2) __typename }",
    ],
)
async def test_changes_are_made_one_after_the_other(query: str) -> None:
    await compared(nasty.schema(nasty.Resolved, nasty.Changing), query, lambda: None)


async def test_introspection() -> None:
    schema = nasty.schema(nasty.Abstract)
    await compared(schema, get_introspection_query(), lambda: None)
    await compared(schema, '{ __type(name: "Cat") { name fields { name type { kind } } } }', lambda: None)
