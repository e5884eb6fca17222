"""What documents the engine takes, and how it tells why not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType, get_introspection_query
from graphql.utilities import get_operation_ast

from gateway.app import create_app
from gateway.execution import Engine
from gateway.limits.document import DEFAULT, DocumentLimits
from gateway.limits.shape import refusal
from gateway.rest.description import DocumentError
from gateway.schema import schema
from gateway.validation import MAX_MESSAGE, shortened
from kit.errors import ValidationError
from tests.gateway.limits.test_shape import chain
from tests.support.apps import GATEWAY
from tests.support.whole_documents import object_type, selection

ROOT = Path(__file__).parents[3]
SHIPPED = [
    *ROOT.glob("gateway/documents/*.graphql"),
    *ROOT.glob("gateway/rest/documents/*.graphql"),
    *ROOT.glob("clients/typescript/documents/*.graphql"),
]
WIDEST = {"first": 100, "students": 100, "batches": 100}
EDGES = """{ batches(first: 100) { nodes { id batchId title status processingPhase totalEssays completedEssays
  failedEssays progress createdAt completedAt classInfo { classId className class { id name courseCode } }
  validation { deviationCount autoConfirmDeadline totalAssociations confirmedAssociations }
  essays(first: 1) { totalCount } studentAssociations(first: 1) { totalCount } }
  pageInfo { hasNextPage endCursor } totalCount } }"""
INTROSPECTION = get_introspection_query(
    specified_by_url=True, input_value_deprecation=True, schema_description=True, directive_is_repeatable=True
)


def engine(**limits: Any) -> Engine:
    return Engine(schema, DocumentLimits(**limits))


async def told(of: Engine, query: str, variables: dict[str, Any] | None = None) -> list[str]:
    context: Any = None
    outcome = await of.execute(
        of.prepared(query), context, variables=variables, operation_name=None, queries_only=False
    )
    assert not outcome.executed
    assert outcome.data is None
    return [error.message for error in outcome.errors]


def estimated(query: str, variables: dict[str, Any]) -> int:
    prepared = engine().prepared(query)
    assert [each.message for each in prepared.errors] == []
    assert prepared.document
    assert prepared.costs
    operation = get_operation_ast(prepared.document)
    assert operation
    return prepared.costs.of(operation).estimated(variables)


def test_all_shipped_documents_are_here() -> None:
    assert len(SHIPPED) >= 15


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_shipped_keeps_well_within_the_limits(path: Path) -> None:
    assert estimated(path.read_text(), WIDEST) < DEFAULT.cost * 0.7


@pytest.mark.parametrize("query", [INTROSPECTION, EDGES], ids=["introspection", "edges"])
def test_what_everybody_asks_keeps_well_within_the_limits(query: str) -> None:
    assert estimated(query, {}) < DEFAULT.cost * 0.7


@pytest.mark.parametrize("name", object_type("Query").fields)
def test_everything_of_a_root_field_may_be_asked_at_once(name: str) -> None:
    field = object_type("Query").fields[name]
    arguments = "".join({"id": '(id: "x")', "ids": '(ids: ["x"])'}.get(each, "") for each in field.args)
    assert estimated(f"{{ {name}{arguments}{selection(field.type, 1)} }}", {}) < DEFAULT.cost * 0.7


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "{ batches(first: 100) { nodes { essays(first: 100) { nodes { id } } } } }",
            "query costs 15,322 as estimated",
        ),
        (
            "{ students(first: 100) { nodes { essays(first: 100) { nodes { batch { essays { totalCount } } } } } } }",
            "query costs",
        ),
        (
            "{ __schema { " + " ".join(f"a{i}: types {{ fields {{ args {{ name }} }} }}" for i in range(30)) + "} }",
            "query costs",
        ),
        ("{ viewer { userId " * 1 + "} }" + " " * 65_536, "query has 65,557 characters; at most 65,536 are allowed"),
        ("{ " + "viewer { userId } " * 300 + "}", "Syntax Error: Document contains more than 1000 tokens."),
        ("{ viewer { " + "a: userId " * 200 + "} }", "query has 200 aliases; at most 30 are allowed"),
        ("{ viewer { " + "userId " * 900 + "} }", "query has fields to merge that take more than 10,000 comparisons"),
        ("{ nodes(ids: " + "[" * 300 + "]" * 300 + ") { id } }", "query is nested too deeply; at most 200 levels"),
        (
            "{ " + "... { " * 240 + "viewer { userId }" + " }" * 240 + " }",
            "query is nested too deeply; at most 200 levels",
        ),
        (chain(18), "query has 262,144 root fields; at most 20 are allowed"),
        (chain(40), "query has 1,000,000 or more root fields; at most 20 are allowed"),
        (
            "{ viewer { userId } } " + "".join(f"fragment F{i} on Query {{ ...F{i + 1} }} " for i in range(51)),
            "query has 51 fragments; at most 50 are allowed",
        ),
        ("{ ...F } fragment F on Query { viewer { ...F } }", "Cannot spread fragment 'F' within itself."),
        ("{ ...F }", "Unknown fragment 'F'."),
    ],
)
async def test_what_is_too_large_is_refused_by_the_limits_name(query: str, message: str) -> None:
    found = await told(engine(), query)
    assert found[0].startswith(message), found


async def test_only_so_many_errors_are_told() -> None:
    unknown = "{ viewer { " + " ".join(f"x{i}" for i in range(15)) + " } }"
    assert len(await told(engine(), unknown)) == 11
    assert (await told(engine(errors=3), unknown))[3:] == ["There are more errors: only 3 are told."]
    asked = "query ($ids: [Int!]!) { batches(first: 1) { totalCount } x: batches(first: $n) { totalCount } }"
    asked = (
        asked.replace("$n", "1")
        .replace("($ids: [Int!]!)", "($status: [BatchStatus!])")
        .replace("x: batches(first: 1)", "x: batches(first: 1, status: $status)")
    )
    for _ in range(3):  # by graphql-core at first, and then by the plan
        found = await told(engine(errors=2), asked, {"status": ["A", "B", "C", "D"]})
        assert found[2:] == ["There are more errors: only 2 are told."]


LONG = "a" * 60_000


@pytest.mark.parametrize(
    ("query", "variables", "begins", "ends"),
    [
        (f"{{ {LONG} }}", {}, "Cannot query field 'aaa", "aaa' on type 'Query'."),
        (f"{{ ...{LONG} }}", {}, "Unknown fragment 'aaa", "aaa'."),
        (f'{{ batches(first: "{LONG}") {{ totalCount }} }}', {}, "Argument 'first': Int cannot represent", 'aaa"'),
        (f'{{ batches(status: "{LONG}") {{ totalCount }} }}', {}, "Argument 'status': Enum 'BatchStatus' cannot", "."),
        (
            f"{{ batches(first: {'9' * 4000}) {{ totalCount }} }}",
            {},
            "Argument 'first': Int cannot represent non 32",
            "9",
        ),
        (
            "query ($s: [BatchStatus!]) { batches(status: $s) { totalCount } }",
            {"s": [LONG]},
            "Variable '$s' has invalid value at [0]: Value 'aaa",
            ".",
        ),
    ],
)
async def test_a_long_quotation_is_cut(query: str, variables: dict[str, Any], begins: str, ends: str) -> None:
    for _ in range(3):
        [message] = await told(engine(), query, variables)
        assert len(message) == MAX_MESSAGE == 500
        assert message.startswith(begins), message
        assert message.endswith(ends), message


async def test_a_refusal_that_is_cut_stays_what_it_was() -> None:
    cut = shortened(refusal("x" * 1000, reason="depth"))
    assert len(cut.message) == 500
    assert isinstance(cut.original_error, ValidationError)
    assert cut.original_error.reason == "depth"


UNREADABLE = "Int cannot represent non 32-bit signed integer value, of 5,000 digits."


@pytest.mark.parametrize("number", ["9" * 5000, "-" + "9" * 5000])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ batches(first: #) { totalCount } }", f"Argument 'first': {UNREADABLE}"),
        ("query ($n: Int = #) { batches(first: $n) { totalCount } }", UNREADABLE),
    ],
)
async def test_an_integer_that_python_does_not_read_is_refused_shortly(query: str, message: str, number: str) -> None:
    assert await told(engine(), query.replace("#", number)) == [message]


COST = "query ($n: Int) { batches(first: $n) { nodes { title } } }"


async def test_what_an_operation_costs_depends_on_its_variables() -> None:
    small = engine(cost=100)
    for _ in range(3):
        assert await told(small, COST, {"n": 59}) == ["query costs 101 as estimated; at most 100 are allowed"]
    context: Any = None
    asked: dict[str, Any] = {"variables": {"n": 59}, "operation_name": None, "queries_only": False}
    outcome = await small.execute(small.prepared(COST), context, **asked)
    assert outcome.cost
    assert outcome.cost.told(None) == {"estimated": 101, "actual": 0, "limit": 100}


async def test_only_the_operation_that_is_asked_for_costs() -> None:
    both = "query Small { __typename } query Large { batches(first: 100) { nodes { title } } }"
    small = engine(cost=100)
    context: Any = None
    asked: dict[str, Any] = {"variables": None, "queries_only": False}
    prepared = small.prepared(both)
    assert (await small.execute(prepared, context, operation_name="Small", **asked)).executed
    refused = await small.execute(prepared, context, operation_name="Large", **asked)
    assert [each.message for each in refused.errors] == ["query costs 162 as estimated; at most 100 are allowed"]


def test_operations_are_known_by_the_names_that_there_are() -> None:
    prepared = engine().prepared("query Small { __typename } mutation Large { __typename }")
    small, large = prepared.chosen("Small"), prepared.chosen("Large")
    assert (small.type, large.type) == (OperationType.QUERY, OperationType.MUTATION)
    assert (small.asked, large.asked) == ((("ad-hoc", "query"), "Small"), (("ad-hoc", "mutation"), "Large"))
    assert replace(prepared, trusted=True).chosen("Small").asked == (("Small", "query"), "Small")
    for number in range(100):
        assert prepared.chosen(f"N{number}").asked == (("ad-hoc", "unknown"), None)
    assert prepared.chosen(None).node is None
    assert prepared.chosen("Small") is small
    assert len(prepared._known) == 2


HINTS = [
    ("{ batche { id } }", None),
    ("{ batches(firs: 1) { totalCount } }", None),
    ("{ batches(status: READZ) { totalCount } }", None),
    ("query ($x: Batc) { batches(first: $x) { totalCount } }", None),
    ("{ ... on Quer { batches { totalCount } } }", None),
    ('mutation { createClass(input: {nam: "x", name: "y", courseCode: ENG5}) { userErrors { code } } }', None),
    ("query ($s: [BatchStatus!]) { batches(status: $s) { totalCount } }", {"s": ["READZ"]}),
    (
        "mutation ($i: CreateClassInput!) { createClass(input: $i) { userErrors { code } } }",
        {"i": {"nam": "x", "name": "y", "courseCode": "ENG5"}},
    ),
]


@pytest.mark.parametrize(("query", "variables"), HINTS)
async def test_suggestions_can_be_off(query: str, variables: dict[str, Any] | None) -> None:
    open_one, closed = engine(), engine(suggestions=False, introspection=False)
    for _ in range(2):
        hinted, plain = [" ".join(await told(each, query, variables)) for each in (open_one, closed)]
        assert "Did you mean" in hinted
        for hint in ("Did you mean", "It takes", "'batch'", "READY", "BatchStatus!,", "PENDING_CONTENT"):
            assert hint not in plain, plain


async def test_a_plan_suggests_nothing_either() -> None:
    closed = engine(suggestions=False, introspection=False)
    query = "query ($s: [BatchStatus!]) { __typename a: batches(status: $s) @skip(if: true) { totalCount } }"
    prepared = closed.prepared(query)
    context: Any = None
    for _ in range(3):
        outcome = await closed.execute(prepared, context, variables={}, operation_name=None, queries_only=True)
        assert outcome.data == {"__typename": "Query"}
    assert closed.plans.statistics.planned
    assert "READY" not in json.dumps(await told(closed, query, {"s": ["READZ"]}))


def test_documents_are_kept_within_their_tokens() -> None:
    kept = engine(kept_tokens=2000)
    for number in range(300):
        kept.prepared("{ viewer { userId } }" + "#" * number)
    assert kept.kept.weight <= 2000
    assert len(kept.kept) < 300
    for number in range(10):
        kept.prepared(f"{{ nothing{number} }}")
    assert len(kept.kept) <= 2
    assert kept.prepared("{ nothing9 }") is kept.prepared("{ nothing9 }")


def test_what_is_shipped_has_to_pass_limits_that_are_lower() -> None:
    settings = GATEWAY.model_copy(update={"max_depth": 3})
    with pytest.raises(DocumentError, match=r"^teacher_dashboard.graphql: query has 4 levels of fields; at most 3"):
        create_app(settings)
