"""docs/graphql.md says what the code does."""

import re
from fractions import Fraction
from pathlib import Path

from graphql import OperationDefinitionNode, parse

import gateway.http.websocket as sockets
from gateway import trusted
from gateway.documents import document
from gateway.http.csrf import FORCING
from gateway.http.media import EVENT_STREAM, GRAPHQL, JSON, PARTS
from gateway.http.request import PARAMETERS
from gateway.http.view import METHODS
from gateway.limits import weights
from gateway.limits.cost import Costs
from gateway.limits.document import DEFAULT
from gateway.schema import schema

PAGE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")


def column(heading: str, number: int = 0) -> list[str]:
    """Of the table that has this heading first."""
    rows = PAGE.split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [row.strip("| ").split(" | ")[number].strip() for row in rows]


def rows(docstring: str | None) -> list[str]:
    return [line for line in (docstring or "").splitlines() if line.startswith("| ")]


def test_the_methods_are_those_of_the_view() -> None:
    assert sorted(each for row in column("method") for each in row.split(", ")) == sorted(METHODS)


def test_the_media_types_are_those_that_are_answered() -> None:
    assert set(re.findall(r"`([a-z]+/[a-z+-]+)`", PAGE)) == {JSON, GRAPHQL, PARTS, EVENT_STREAM}


def test_the_parameters_of_a_url_are_all_named() -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith("| GET, HEAD |")]
    assert set(re.findall(r"`(\w+)`", row)) == PARAMETERS


def test_the_modes_and_the_codes_are_those_of_the_modules() -> None:
    expected = rows(trusted.__doc__) + rows(sockets.__doc__)
    assert len(expected) > 15
    assert [each for each in expected if each not in PAGE.splitlines()] == []


def test_the_weights_are_those_of_the_costs() -> None:
    told = [Fraction(each) for each in column("what", 1)]
    given = (weights.LEAF, weights.OBJECT, weights.READ, weights.KEY, weights.CHANGE, weights.INTROSPECTED)
    assert told == [Fraction(each, weights.TENTHS) for each in given]
    assert f"no argument sizes has {weights.ITEMS} items" in PAGE


def test_the_dashboard_costs_what_is_told() -> None:
    parsed = parse(document("dashboard"))
    [operation] = [each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)]
    cost = Costs(schema._schema, parsed).of(operation)
    some, many = cost.estimated({"first": 20}), cost.estimated({"first": 100})
    assert f"costs {some:,} with 20 batches and {many:,} with 100, of {DEFAULT.cost:,}." in PAGE


def test_the_headers_that_make_a_browser_ask_are_all_named() -> None:
    assert [each for each in FORCING if f"`{each}`" not in PAGE] == []
