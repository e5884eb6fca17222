"""What a plan says, and that requests which find everything make just the calls that it says."""

from typing import Any

import httpx
import pytest

from gateway.bounds import Bill
from gateway.costs import FIELDS, LOADERS
from gateway.documents import document
from gateway.planning import PlanningError, planned
from gateway.schema import schema
from tests.support.callers import mutation_of
from tests.support.changes import CHANGES
from tests.support.databases import RolledBack
from tests.support.graph import ask, global_id
from tests.support.plans import bill_of, bound, made
from tests.support.school import School, a_school

CLASS_INFO = "cms GET /internal/v1/batches/class-info"
CLASS_INFOS = "cms GET or POST /internal/v1/batches/class-info"
LIST = "ras GET /internal/v1/batches/user/{user_id}"
BATCHES = "ras POST /internal/v1/batches/lookup"
ESSAYS = "ras POST /internal/v1/batches/essays"
CLASSES = "cms POST /internal/v1/classes/lookup"
WRITERS = "cms POST /internal/v1/essays/students"


@pytest.fixture
async def school(cms_database: RolledBack, ras_database: RolledBack) -> School:
    return await a_school(cms_database, ras_database)


async def both(gateway: httpx.AsyncClient, query: str, **variables: Any) -> tuple[Any, Any]:
    """The calls of the plan, and those that were made."""
    bill, answer = bill_of(query, **variables), await ask(gateway, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return bound(bill), made(bill, answer)


# Pages of the frontend


@pytest.mark.parametrize("first", [1, 20, 100])
async def test_the_dashboard_makes_its_two_calls(gateway: httpx.AsyncClient, school: School, first: int) -> None:
    calls, real = await both(gateway, document("dashboard"), first=first)
    assert calls == real == {LIST: 1, CLASS_INFO: 1}


@pytest.mark.parametrize(
    ("page", "kind"),
    [("batch_page", "Batch"), ("class_page", "SchoolClass"), ("matching_page", "Batch"), ("students_page", None)],
)
async def test_the_other_pages_make_what_is_planned(
    gateway: httpx.AsyncClient, school: School, page: str, kind: str | None
) -> None:
    variables = {"id": global_id(kind, school.kinds[kind][0])} if kind else {}
    calls, real = await both(gateway, document(page), **variables)
    assert calls == real
    assert set(calls.values()) == {1}


# Every field that costs

SEVERAL = {
    "Query": "{ %s }",
    "Teacher": "{ viewer { %s } }",
    "Batch": "{ batches { nodes { %s } } }",
    "ClassInfo": "{ batches { nodes { classInfo { %s } } } }",
    "Essay": "{ batches { nodes { essays { nodes { %s } } } } }",
    "SchoolClass": "{ classes { nodes { %s } } }",
    "Student": "{ students { nodes { %s } } }",
    "StudentAssociation": "{ batches { nodes { studentAssociations { nodes { %s } } } } }",
}
"""Ways to several objects of a type, where there can be several."""
READ = [each for each in FIELDS if each.partition(".")[0] in SEVERAL and each not in {"Teacher.credits", "Query.node"}]


@pytest.mark.parametrize("field", READ)
async def test_a_field_of_several_parents_makes_just_its_calls(
    gateway: httpx.AsyncClient, school: School, field: str
) -> None:
    of, _, name = field.partition(".")
    arguments = {"Query.batch": "Batch", "Query.class": "SchoolClass", "Query.student": "Student"}
    taken = f'(id: "{school.kinds[arguments[field]][0]}")' if field in arguments else ""
    taken = f"(ids: [{', '.join(map(quoted, school.nodes))}])" if field == "Query.nodes" else taken
    calls, real = await both(gateway, SEVERAL[of] % f"{name}{taken} {{ __typename }}")
    assert calls == real


def quoted(text: str) -> str:
    return f'"{text}"'


def test_no_field_that_is_read_is_left_out() -> None:
    roots = {"Mutation", "ConfirmStudentAssociationsPayload", "Subscription", "BatchUpdate", "TeacherUpdate"}
    assert {each.partition(".")[0] for each in FIELDS} == SEVERAL.keys() | roots


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_costs_its_write_and_what_is_read_after_it(
    gateway: httpx.AsyncClient, school: School, name: str
) -> None:
    calls, real = await both(gateway, mutation_of(name, 0), input=CHANGES[name].by_owner(school))
    assert calls == real
    assert calls.total() == 1
    calls, real = await both(gateway, mutation_of(name, 1), input=CHANGES[name].by_owner(school))
    assert calls == real
    assert calls.total() == (2 if name == "confirmStudentAssociations" else 1)


# Documents


@pytest.mark.parametrize(
    ("query", "given", "calls"),
    [
        ("{ viewer { userId } __schema { types { fields { name } } } }", {}, {}),
        ("{ batches(first: 100) { nodes { classInfo { className } } } }", {}, {LIST: 1, CLASS_INFO: 1}),
        # Two fields of 100 ids could be one call of 200, and of 300 a POST.
        ("{ batches(first: 100) { nodes { a: classInfo { className } b: classInfo { className } } } }", {}, 3),
        (
            """{ batches(first: 100) { a: nodes { ...info } b: nodes { ...info } edges { node { ...info } } } }
            fragment info on Batch { classInfo { className } }""",
            {},
            {LIST: 1, CLASS_INFOS: 3},
        ),
        # 100 batches in calls of 25, because of their 100 essays each; 10,000 writers in calls of 1,000.
        (
            "{ batches(first: 100) { nodes { essays(first: 100) { nodes { student { email } } } } } }",
            {},
            {LIST: 1, ESSAYS: 4, WRITERS: 10},
        ),
        # Pages of another length are another call, and so is another field.
        (
            "{ batches { nodes { a: essays(first: 1) { totalCount } b: essays(first: 2) { totalCount } } } }",
            {},
            {LIST: 1, ESSAYS: 2},
        ),
        # 20 classes at most for each of 100 students.
        ("{ students(first: 100) { nodes { classes { name } } } }", {}, 3),
        # Fields that are merged are one, fragments or not.
        (
            """{ batches { nodes { classInfo { classId } ...info ... { classInfo { className } } } } }
            fragment info on Batch { classInfo { class { name } } ...again } fragment again on Node { id }""",
            {},
            {LIST: 1, CLASS_INFO: 1, CLASSES: 1},
        ),
        # Lengths may be variables.
        (
            "query ($n: Int) { batches(first: $n) { nodes { essays(first: 100) { totalCount } } } }",
            {},
            {LIST: 1, ESSAYS: 4},
        ),
        ("query ($n: Int) { batches(first: $n) { nodes { essays(first: 100) { totalCount } } } }", {"n": 25}, 2),
        ("query ($n: Int = 26) { batches(first: $n) { nodes { essays(first: 100) { totalCount } } } }", {}, 3),
        ("query ($n: Int = 26) { batches(first: $n) { nodes { essays(first: 100) { totalCount } } } }", {"n": None}, 2),
        ("query ($n: Int = 26) { batches(first: $n) { nodes { essays(first: 100) { totalCount } } } }", {"n": 999}, 5),
        ("{ batches(first: null) { nodes { essays(first: 100) { totalCount } } } }", {}, 2),
        # So may ids, and what is left out.
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Batch { essays(first: 100) { totalCount } } } }", {}, 8),
        (
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Batch { essays(first: 100) { totalCount } } } }",
            {"ids": ["x"] * 26},
            6,
        ),
        ('{ nodes(ids: ["a"]) { ... on Batch { essays(first: 100) { totalCount } } } }', {}, 5),
        ('{ nodes(ids: "a") { ... on Batch { essays(first: 100) { totalCount } } } }', {}, 5),
        ("{ nodes(ids: []) { ... on Batch { essays(first: 100) { totalCount } } } }", {}, {}),
        ("query ($all: Boolean!) { batches { nodes { classInfo @include(if: $all) { classId } } } }", {}, 2),
        (
            "query ($all: Boolean!) { batches { nodes { classInfo @include(if: $all) { classId } } } }",
            {"all": False},
            1,
        ),
        ("query ($no: Boolean!) { batches { nodes { classInfo @skip(if: $no) { classId } } } }", {"no": True}, 1),
        ("{ batches { nodes { classInfo @skip(if: false) { classId } } } }", {}, 2),
        ("{ batches { nodes { ... @include(if: false) { classInfo { classId } } } } }", {}, 1),
    ],
)
def test_a_document_costs(query: str, given: dict[str, Any], calls: Any) -> None:
    found = bound(bill_of(query, **given))
    assert (found.total() if isinstance(calls, int) else found) == calls


def test_fields_of_different_types_are_different_though_they_are_called_alike() -> None:
    """Their items come at different times, so that what is below them is read twice."""
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on Batch { some: essays { nodes { student { email } } } }
        ... on Student { some: essays { nodes { student { email } } } }
    } }"""
    assert bound(bill_of(query))[WRITERS] == 2 + 2


def test_a_short_document_with_very_many_fields_is_planned_at_once() -> None:
    levels = 20
    twice = "fragment f%d on Batch { classInfo { class { a: batches { ...p%d } b: batches { ...p%d } } } }"
    page = "fragment p%d on BatchConnection { nodes { ...f%d } }"
    fragments = [twice % (n, n, n) + page % (n, n + 1) for n in range(levels)]
    query = f"{{ batch(id: 1) {{ ...f0 }} }} {' '.join(fragments)} fragment f{levels} on Batch {{ title }}"
    assert bill_of(query).calls[LOADERS["class_by_id"]] > 2**levels


def test_a_subscription_costs_at_first_and_for_each_event() -> None:
    query = (
        """subscription ($id: ID) { batchUpdated(batchId: $id) { batch { essays { nodes { student { email } } } } } }"""
    )
    [only] = planned(schema._schema, query)
    assert bound(only.plan.before) == {BATCHES: 1}
    assert bound(only.plan.bill) == {BATCHES: 1, ESSAYS: 1, WRITERS: 1}
    [only] = planned(schema._schema, "subscription { teacherUpdates { at class { name } } }")
    assert (only.plan.before, bound(only.plan.bill)) == (Bill(), {CLASSES: 1})


# What is wrong


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ("{", {}, "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", {}, "Cannot query field 'nothing' on type 'Query'."),
        ("{ batches(first: true) { totalCount } }", {}, "Argument 'first': Int cannot represent"),
        ("{ viewer { ...a } } fragment a on Teacher { ...a }", {}, "Cannot spread fragment 'a' within itself."),
        (f"{{{'viewer{' * 5000}", {}, "nested too deeply"),
        ("query A { viewer { userId } }", {"operation": "B"}, "There is no operation B in the document: it has A."),
        ("query ($n: Int) { batches(first: $n) { totalCount } }", {"given": {"m": 1}}, r"takes no variable \$m\."),
        ("query ($n: Int) { batches(first: $n) { totalCount } }", {"given": {"n": "x"}}, r"\$n: Int cannot represent"),
        ("query ($n: Int!) { batches(first: $n) { totalCount } }", {"given": {"n": None}}, r"\$n: Expected"),
    ],
)
def test_what_cannot_be_planned_is_said(query: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(PlanningError, match=message):
        planned(schema._schema, query, **options)


def test_each_operation_is_planned_or_the_one_that_is_named() -> None:
    query = "query A { courses { name } } query B { viewer { userId } }"
    assert [each.name for each in planned(schema._schema, query)] == ["A", "B"]
    assert [each.name for each in planned(schema._schema, query, operation="B")] == ["B"]


def test_what_is_assumed_is_told() -> None:
    query = (
        "query ($id: ID!, $n: Int, $m: Int = 7) { class(id: $id) { students(first: $n) { totalCount } "
        "batches(first: $m) { totalCount } } }"
    )
    [only] = planned(schema._schema, query)
    assert only.assumed == ["$n is not known, and may be what costs most", "$m is 7, its default"]
    [only] = planned(schema._schema, query, given={"n": 1, "m": 1})
    assert only.assumed == []
