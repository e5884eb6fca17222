"""What operations cost: as estimated, and as their answers turn out."""

from math import ceil
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from gateway.limits.cost import REMEMBERED, Costs, OperationCost
from gateway.schema import schema


def costs(text: str) -> OperationCost:
    document = parse(text)
    [first, *_] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return Costs(schema._schema, document).of(first)


BATCHES = 10 + 1 + 1
"""The call, its key, and the connection."""
LEAF = 0.5


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ __typename }", 1),  # rounded up
        ("{ viewer { userId orgId } }", 1 + 2 * LEAF),
        ("{ batches { totalCount } }", BATCHES + 1),  # rounded up
        ("{ batches { nodes { title } } }", BATCHES + 20 * (1 + LEAF)),
        ("{ batches(first: 100) { nodes { title status } } }", BATCHES + 100 * (1 + 2 * LEAF)),
        ("{ batches(first: null) { nodes { title } } }", BATCHES + 20 * (1 + LEAF)),
        ("{ batches(first: 0) { nodes { title } } }", BATCHES + 1 + LEAF),
        ("{ batches(first: 1000000) { nodes { title } } }", BATCHES + 100 * (1 + LEAF)),
        ("{ batches(first: 2) { edges { cursor node { title } } } }", BATCHES + 2 * (2 + 2 * LEAF)),
        # an edge: a call for all parents, and for each a key and an object
        ("{ batches(first: 3) { nodes { classInfo { className } } } }", BATCHES + 3 + 10 + 3 * (2 + LEAF)),
        ("{ batches(first: 3) { nodes { essays(first: 5) { totalCount } } } }", BATCHES + 3 + 10 + 3 * (2 + LEAF)),
        (
            "{ batches(first: 3) { nodes { essays(first: 5) { nodes { id spellcheck { stage } } } } } }",
            BATCHES + 3 + 10 + 3 * (2 + 5 * (2 + 2 * LEAF)),
        ),
        # lists without an argument
        ('{ student(id: "x") { classes { name } } }', (10 + 1 + 1) + (10 + 5) + 5 * (1 + LEAF)),
        ('{ nodes(ids: ["a", "b"]) { id } }', 4 * 10 + 2 + 2 * (1 + LEAF)),
        ('{ nodes(ids: "a") { id ... on Batch { title } } }', 4 * 10 + 1 + 1 + 2 * LEAF),
        # a fragment within a page knows its length
        (
            "{ batches(first: 7) { ...P } } fragment P on BatchConnection { nodes { ...B } } fragment B on Node {id}",
            BATCHES + 7 * (1 + LEAF),
        ),
        (
            "{ a: batches(first: 7) {...P} b: batches(first: 2) {...P} } fragment P on BatchConnection { nodes {id} }",
            2 * BATCHES + (7 + 2) * (1 + LEAF),
        ),
        # what is written twice counts twice, and what a directive may leave out is there
        ("{ viewer { userId ... { userId } } }", 1 + 2 * LEAF),
        ("query ($no: Boolean = false) { viewer { userId @include(if: $no) orgId @skip(if: true) } }", 1 + 2 * LEAF),
        ('mutation { deleteClass(input: {id: "x"}) { deletedId } }', 50 + 10 + 1 + 1 + LEAF),
        ('mutation { ...M } fragment M on Mutation { deleteClass(input: {id: "x"}) { deletedId } }', 62 + LEAF),
        (
            'mutation { ...M ...M } fragment M on Mutation { deleteClass(input: {id: "x"}) { deletedId } }',
            2 * (62 + LEAF),
        ),
        ("subscription { batchUpdated { status batch { title } } }", (10 + 1) + 1 + LEAF + (10 + 1 + 1 + LEAF)),
    ],
)
def test_estimates(text: str, cost: float) -> None:
    assert costs(text).estimated(None) == ceil(cost)


PAGES = "query ($n: Int = 3, $m: Int) { batches(first: $n) { nodes { essays(first: $m) { totalCount } } } }"


@pytest.mark.parametrize(
    ("variables", "batches"),
    [
        (None, 3),
        ({}, 3),
        ({"n": 5, "m": 100, "unused": 1}, 5),
        ({"n": None}, 20),
        ({"n": 1000}, 100),
        ({"n": -4}, 1),
        ({"n": 10**400}, 100),
        # what the variable's type does not allow is refused later
        ({"n": "5"}, 100),
        ({"n": [1]}, 100),
        ({"n": {"a": 1}}, 100),
        ({"n": True}, 100),
        ({"n": 5.5}, 100),
    ],
)
def test_variables_size_lists(variables: dict[str, Any] | None, batches: int) -> None:
    cost = costs(PAGES)
    for _ in range(2):
        assert cost.estimated(variables) == ceil(BATCHES + 10 + batches * (3 + LEAF))


def test_ids_size_their_list() -> None:
    cost = costs("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }")
    found = [cost.estimated({"ids": ids}) for ids in (["a"], "a", ["a"] * 3, ["a"] * 100, ["a"] * 5000, [], None)]
    assert found == [43, 43, 48, 290, 290, 40, 43]


def test_what_is_remembered_of_a_number_is_no_lists() -> None:
    """Where a list is due a number is a list of it."""
    cost = costs("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }")
    assert [cost.estimated({"ids": ids}) for ids in (3, ["a"] * 3, 100, ["a"] * 100)] == [43, 48, 43, 290]
    pages = costs(PAGES)
    assert [pages.estimated({"n": n}) for n in ([1, 2, 3], 3)] == [10 + 12 + 350, ceil(BATCHES + 10 + 3 * 3.5)]


def test_what_is_remembered_of_null_is_no_absence() -> None:
    cost = costs(PAGES)
    without, null = ceil(BATCHES + 10 + 3 * (3 + LEAF)), ceil(BATCHES + 10 + 20 * (3 + LEAF))
    assert [cost.estimated(each) for each in ({}, {"n": None}, {})] == [without, null, without]


def test_what_is_remembered_is_bounded() -> None:
    cost = costs(PAGES)
    assert [cost.estimated({"n": n}) for n in range(-5000, 5000)][-1] == BATCHES + 10 + 100 * (3 + LEAF)
    assert len(cost._known) <= REMEMBERED


ESSAYS = """{
  batches(first: 10) { nodes { title essays(first: 10) { ...E } classInfo { className } } }
  student(id: "x") { classes { name } essays(first: 4) { edges { node { id } } } }
} fragment E on EssayConnection { nodes { id } }"""


def test_an_answer_costs_what_it_holds() -> None:
    cost = costs(ESSAYS)
    batch = {"title": "", "essays": {"nodes": [{"id": ""}] * 3}, "classInfo": None}
    student = {"classes": [{"name": ""}] * 2, "essays": {"edges": [{"node": {"id": ""}}]}}
    answer = {"batches": {"nodes": [batch, {**batch, "essays": None}]}, "student": student}
    of_batches = BATCHES + 10 + 10 + 2 * (1 + LEAF + 2 + LEAF + 1) + 1 + 3 * (1 + LEAF)
    of_student = (10 + 1 + 1) + (10 + 5) + 2 * (1 + LEAF) + (10 + 10 + 1 + 4) + 1 + 2 + LEAF
    assert cost.counted(answer, None) == of_batches + of_student
    whole = {**batch, "essays": {"nodes": [{"id": ""}] * 10}}
    full = {"classes": [{"name": ""}] * 5, "essays": {"edges": [{"node": {"id": ""}}] * 4}}
    assert cost.counted({"batches": {"nodes": [whole] * 10}, "student": full}, None) == cost.estimated(None)


@pytest.mark.parametrize("nothing", [None, {}, {"batches": None, "student": None}, {"batches": {"nodes": []}}])
def test_an_answer_without_anything_costs_no_more_than_its_roots(nothing: dict[str, Any] | None) -> None:
    cost = costs(ESSAYS)
    assert 0 <= cost.counted(nothing, None) <= 64 < cost.estimated(None)
