"""How deep and wide operations are: at the limit and one over, however fragments hide it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from graphql import OperationDefinitionNode, parse

from gateway.limits.document import DocumentLimits
from gateway.limits.shape import MOST, Shape, Shapes, excesses

CHAIN = 18


def shape(text: str) -> Shape:
    document = parse(text)
    [first, *_] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return replace(Shapes(document).of(first), height=0)


def nested(levels: int, inside: str = "a") -> str:
    return "{ a " * (levels - 1) + "{ " + inside + " }" * levels


def chain(length: int, *, inside: str = "a") -> str:
    """Each fragment spreads the next one twice."""
    links = "".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(length))
    return f"{{...F0}}{links}fragment F{length} on Query{{{inside}}}"


WIDTHS: dict[str, Callable[[int], str]] = {
    "depth": lambda n: nested(n, "b"),
    "introspection_depth": lambda n: "{ __schema " + nested(n - 1) + " }",
    "aliases": lambda n: "{ a { " + " ".join(f"x{i}: b" for i in range(n)) + " } }",
    "root_fields": lambda n: "{ " + "a " * n + "}",
    "directives": lambda n: "{ a { b " + "@skip(if: true) " * n + "} }",
    "fragments": lambda n: "{ a { " + "... { b } " * n + "} }",
}
LIMITS = {
    "depth": 10,
    "introspection_depth": 16,
    "aliases": 30,
    "root_fields": 20,
    "directives": 30,
    "fragments": 50,
}
WORDS = {
    "depth": "levels of fields",
    "introspection_depth": "levels of introspection",
    "root_fields": "root fields",
    "fragments": "fragment spreads",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_the_limit_itself_is_taken_and_one_over_is_refused_by_its_name(limit: str) -> None:
    most = LIMITS[limit]
    assert excesses(parse(WIDTHS[limit](most)), DocumentLimits()) == []
    [refused] = excesses(parse(WIDTHS[limit](most + 1)), DocumentLimits())
    assert refused.message == f"query has {most + 1} {WORDS.get(limit, limit)}; at most {most} are allowed"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # depth is where a field stands, and not how high its fragment is
        ("{ a { b { ...F } } ...F } fragment F on T { c { d } }", Shape(4, 0, 2, 0, 0, 2)),
        ("{ ...F a { b { ...F } } } fragment F on T { c { d } }", Shape(4, 0, 2, 0, 0, 2)),
        ("{ ... { ... on T { a { ... @x { b } } } } }", Shape(2, 0, 1, 0, 1, 3)),
        ("{ ...G ...F } fragment F on T { a { ...G } } fragment G on T { b { c } }", Shape(3, 0, 2, 0, 0, 3)),
        # each spread brings the fragment's aliases and directives again
        ("{ a { ...F } b { ...F } ...F } fragment F on T { x: c @i y: d }", Shape(2, 0, 4, 6, 3, 3)),
        ("query ($v: Int @y) @x { a @z ...F @w ... @v { b } } fragment F on T @u { c }", Shape(1, 0, 3, 0, 6, 2)),
        ("{ x: __typename a { y: __typename } }", Shape(2, 0, 2, 2)),
        # what a variable may leave out is there
        ("query ($v: Boolean!) { x: a @include(if: $v) { y: b @skip(if: $v) } }", Shape(2, 0, 1, 2, 2)),
        # introspection has a height of its own
        ("{ __schema { types { name } } a { b } }", Shape(2, 3, 2)),
        ("{ a { ...F } } fragment F on T { __type { b { c } } }", Shape(2, 3, 1, 0, 0, 1)),
        # an unused fragment, or another operation, is not this one's
        ("{ a } fragment F on T { x: b { c } }", Shape(1, 0, 1)),
        ("query A { a } query B { x: b { c } }", Shape(1, 0, 1)),
        # validation tells of these
        ("{ a ...None }", Shape(1, 0, 1, 0, 0, 1)),
        ("{ ...F } fragment F on T { a { ...F } }", Shape(1, 0, 1, 0, 0, 2)),
        ("{ ...F } fragment F on T { ...G } fragment G on T { ...F b }", Shape(1, 0, 1, 0, 0, 3)),
        ("{ a { } }", Shape(1, 0, 1)),
    ],
)
def test_a_fragment_counts_where_it_is_spread(text: str, found: Shape) -> None:
    counted = shape(text)
    assert replace(counted, introspected=None) == found
    assert (counted.introspected is not None) == (found.introspection > 0)


def test_every_operation_counts_whichever_is_chosen() -> None:
    errors = excesses(parse("query A { a } query B " + nested(11) + " query C " + nested(12)), DocumentLimits())
    assert [(each.message[:28], each.locations[0].column) for each in errors if each.locations] == [
        ("query has 11 levels of field", 15),
        ("query has 12 levels of field", 89),
    ]


def test_a_short_chain_of_fragments_is_added_up_at_once() -> None:
    text = chain(CHAIN, inside="x:a @i")
    assert len(text) < 963
    assert shape(text) == Shape(1, 0, 2**CHAIN, 2**CHAIN, 2**CHAIN, 2 ** (CHAIN + 1) - 1)
    longer = shape(chain(140, inside="x:a @i"))
    assert longer == Shape(1, 0, MOST, MOST, MOST, MOST)
    told = [each.message for each in excesses(parse(chain(40)), DocumentLimits())]
    assert told == [
        "query has 1,000,000 or more root fields; at most 20 are allowed",
        "query has 1,000,000 or more fragment spreads; at most 50 are allowed",
    ]


def test_deep_fragments_do_not_multiply_either() -> None:
    links = "".join(f"fragment F{i} on T {{ a {{ ...F{i + 1} }} b {{ ...F{i + 1} }} }}" for i in range(60))
    found = shape(f"{{ ...F0 }} {links} fragment F60 on T {{ c }}")
    assert found == Shape(61, 0, 2, 0, 0, MOST)


@pytest.mark.parametrize(
    "text", ["{ __schema { types { name } } }", '{ ...F } fragment F on Query { __type(name: "T") { name } }']
)
def test_introspection_can_be_off(text: str) -> None:
    assert excesses(parse(text), DocumentLimits()) == []
    [refused] = excesses(parse(text), DocumentLimits(introspection=False))
    assert refused.message == "query may not ask for __schema or __type: introspection is off here"
    assert excesses(parse("{ __typename viewer { __typename } }"), DocumentLimits(introspection=False)) == []
