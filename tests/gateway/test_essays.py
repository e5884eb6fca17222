"""Essays of a batch, who wrote them, and what the matching says of it."""

from typing import Any

import httpx
import pytest

from cms_service.contract import AssociationStatus
from ras_service.contract import ProcessingStage
from tests.support.calls import calls, keys
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, batch, batches, essay, minutes
from tests.support.graph import ask, data, global_id
from tests.support.lessons import a_lesson
from tests.support.pupils import enrol, student, unknown_student

PHASES = ("spellcheck", "nlp", "cj_assessment", "ai_feedback")
BATCH_LIST = ("ras", "GET", f"/v1/batches/user/{TEACHER}")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("stage", list(ProcessingStage))
async def test_each_phase_at_each_stage(
    gateway: httpx.AsyncClient, ras_database: RolledBack, phase: str, stage: ProcessingStage
) -> None:
    [batch_id] = await batches(ras_database, batch())
    results: dict[str, Any] = {f"{phase}_stage": stage, f"{phase}_error": "why"}
    await ras_database.add(essay(batch_id, **results))
    query = """{ batches { nodes { essays { nodes { spellcheck { stage error } nlp { stage error }
        cjAssessment { stage error } aiFeedback { stage error } } } } } }"""
    [found] = (await data(gateway, query))["batches"]["nodes"][0]["essays"]["nodes"]
    untouched = {"stage": "PENDING", "error": None}
    names = dict(zip(PHASES, ("spellcheck", "nlp", "cjAssessment", "aiFeedback"), strict=True))
    assert found == dict.fromkeys(names.values(), untouched) | {names[phase]: {"stage": stage.name, "error": "why"}}


async def test_who_wrote_an_essay_is_told_once_it_is_settled(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id, writer = await a_class(cms_database), student()
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, writer, nobody)
    [batch_id] = await batches(ras_database, batch())
    written = [essay(batch_id, n) for n in range(len(AssociationStatus) + 2)]
    await ras_database.add(*written)
    *by_status, unknown, _unmatched = written
    await cms_database.add(
        *(
            association(batch_id, class_id, essay_id=each.essay_id, student_id=writer.id, validation_status=status)
            for each, status in zip(by_status, AssociationStatus, strict=True)
        ),
        association(
            batch_id,
            class_id,
            essay_id=unknown.essay_id,
            student_id=nobody.id,
            validation_status=AssociationStatus.TIMEOUT_CONFIRMED,
        ),
    )
    query = "query ($id: ID!) { batch(id: $id) { essays { nodes { student { studentId } } } } }"
    found = (await data(gateway, query, id=str(batch_id)))["batch"]["essays"]["nodes"]
    told = {"studentId": str(writer.id)}
    assert list(AssociationStatus) == ["pending_validation", "confirmed", "rejected", "timeout_confirmed"]
    assert [each["student"] for each in found] == [None, told, None, told, None, None]


async def test_essays_in_the_order_of_registration_for_each_batch(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lessons = [await a_lesson(cms_database, ras_database, n, created_at=minutes(-n)) for n in (0, 1, 3)]
    query = """query ($after: String) { batches { nodes { essays(first: 2, after: $after) { nodes { essayId }
        edges { cursor node { essayId } } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } } } }"""
    answer = await ask(gateway, query)
    none, one, three = (each["essays"] for each in answer["data"]["batches"]["nodes"])
    assert [each["essayId"] for each in three["nodes"]] == [str(each.essay_id) for each in lessons[2].essays[:2]]
    assert [each["node"] for each in three["edges"]] == three["nodes"]
    assert (none["totalCount"], one["totalCount"], three["totalCount"]) == (0, 1, 3)
    assert none["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }
    assert three["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": three["edges"][0]["cursor"],
        "endCursor": three["edges"][1]["cursor"],
    }
    assert keys(answer) == {BATCH_LIST: 1, ("ras", "POST", "/v1/batches/essays"): 3}

    rest = (await data(gateway, query, after=three["pageInfo"]["endCursor"]))["batches"]["nodes"]
    assert [[each["essayId"] for each in node["essays"]["nodes"]] for node in rest] == [
        [],
        [],
        [str(lessons[2].essays[2].essay_id)],
    ]
    assert [each["essays"]["totalCount"] for each in rest] == [0, 1, 3]


async def test_associations_are_those_of_the_teachers_own_classes_oldest_first(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    mine, theirs = await a_class(cms_database), await a_class(cms_database, user_id=OTHER)
    [batch_id] = await batches(ras_database, batch())
    rows = [association(batch_id, mine, created_at=minutes(n)) for n in (3, 1, 2)]
    await cms_database.add(*rows, association(batch_id, theirs, created_by_user_id=OTHER))
    query = """query ($id: ID!, $after: String) { batch(id: $id) { studentAssociations(first: 2, after: $after) {
        nodes { essayId student { id } essay { id } createdAt } totalCount pageInfo { hasNextPage endCursor } } } }"""
    answer = await ask(gateway, query, id=str(batch_id))
    page = answer["data"]["batch"]["studentAssociations"]
    assert page["nodes"] == [
        {
            "essayId": str(row.essay_id),
            "student": None,
            "essay": None,
            "createdAt": f"2026-09-14T12:0{n}:00Z",
        }
        for n, row in ((1, rows[1]), (2, rows[2]))
    ]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    # Nobody is suggested, so no student is asked for.
    assert keys(answer) == {
        ("ras", "POST", "/v1/batches/lookup"): 1,
        ("cms", "POST", "/v1/batches/associations"): 1,
        ("ras", "POST", "/v1/essays/lookup"): 2,
    }
    after = page["pageInfo"]["endCursor"]
    rest = (await data(gateway, query, id=str(batch_id), after=after))["batch"]["studentAssociations"]
    assert [each["essayId"] for each in rest["nodes"]] == [str(rows[0].essay_id)]


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ("first: 0", "first must be from 1 to 100, not 0"),
        ("first: 101", "first must be from 1 to 100, not 101"),
        ('after: "garbage"', "after must be a cursor that this list gave"),
    ],
)
@pytest.mark.parametrize("name", ["essays", "studentAssociations"])
async def test_a_bad_argument_is_each_edges_and_the_rest_is_there(
    gateway: httpx.AsyncClient, ras_database: RolledBack, name: str, edge: str, message: str
) -> None:
    await batches(ras_database, batch(), batch())
    answer = await ask(gateway, f"{{ batches {{ nodes {{ title it: {name}({edge}) {{ totalCount }} }} }} }}")
    assert answer["data"] == {"batches": {"nodes": [{"title": "Nationella provet", "it": None}] * 2}}
    assert [(each["message"], each["path"]) for each in answer["errors"]] == [
        (message, ["batches", "nodes", n, "it"]) for n in range(2)
    ]
    assert {each["extensions"]["code"] for each in answer["errors"]} == {"VALIDATION_ERROR"}


async def test_a_cursor_of_another_list_is_none_of_this_one(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 2)
    query = "query ($id: ID!) { class(id: $id) { students(first: 1) { pageInfo { endCursor } } } }"
    cursor = (await data(gateway, query, id=str(lesson.class_id)))["class"]["students"]["pageInfo"]["endCursor"]
    query = "query ($after: String) { batches { nodes { essays(after: $after) { totalCount } } } }"
    answer = await ask(gateway, query, after=cursor)
    [error] = answer["errors"]
    assert error["message"] == "after must be a cursor that this list gave"


async def test_round_and_round(gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack) -> None:
    """Every edge once around, each kind at one call."""
    lessons = [await a_lesson(cms_database, ras_database, 2) for _ in range(2)]
    query = """{ batches(first: 3) { nodes { batchId
        classInfo { class { classId students(first: 5) {
            nodes { studentId essays { nodes { essayId batch { batchId } } } } } } }
        studentAssociations { nodes { student { classes { classId } } essay { student { studentId } } } }
    } } }"""
    answer = await ask(gateway, query)
    found = {each["batchId"]: each for each in answer["data"]["batches"]["nodes"]}
    for lesson in lessons:
        in_class, ours = {"classId": str(lesson.class_id)}, {"batchId": str(lesson.batch_id)}
        assert found[str(lesson.batch_id)] == ours | {
            "classInfo": {
                "class": in_class
                | {
                    "students": {
                        "nodes": [
                            {
                                "studentId": str(writer.id),
                                "essays": {"nodes": [{"essayId": str(written.essay_id), "batch": ours}]},
                            }
                            for writer, written in zip(lesson.students, lesson.essays, strict=True)
                        ]
                    }
                }
            },
            "studentAssociations": {
                "nodes": [
                    {"student": {"classes": [in_class]}, "essay": {"student": {"studentId": str(writer.id)}}}
                    for writer in lesson.students
                ]
            },
        }
    # Classes and essays by id are led to by two fields each; what the one reads the other does not.
    assert set(calls(answer).values()) == {1}
    assert len(calls(answer)) == 10


async def test_an_essay_by_its_global_id(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 1)
    node = global_id("Essay", lesson.essays[0].essay_id)
    query = "query ($id: ID!) { node(id: $id) { id ... on Essay { essayId batch { batchId } } } }"
    assert await data(gateway, query, id=node) == {
        "node": {
            "id": node,
            "essayId": str(lesson.essays[0].essay_id),
            "batch": {"batchId": str(lesson.batch_id)},
        }
    }
