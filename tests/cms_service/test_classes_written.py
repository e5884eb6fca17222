"""A teacher's classes: made, changed, deleted, with what is published and told."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import EssayAssociation, SchoolClass
from cms_service.tables import Student as StudentRow
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student
from tests.support.teachers import Teacher, aggregates, cost, events, refusal, updates

SV2 = {"name": "SV2A", "course_codes": ["SV2"]}


@pytest.fixture
def teacher(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms)


async def classes_stored(cms: RolledBack) -> int:
    async with cms.read() as connection:
        return await connection.scalar(select(func.count()).select_from(SchoolClass)) or 0


async def test_a_class_is_made_published_and_told(teacher: Teacher, cms_database: RolledBack) -> None:
    answer = await teacher.ask("POST", "/classes", json={"name": " SV2 Å ", "course_codes": ["SV2"], "more": 1})
    made = answer.json()
    class_id = made["id"]
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/classes/{class_id}")
    assert made == {
        "id": class_id,
        "name": "SV2 Å",
        "course_code": "SV2",
        "student_count": 0,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert await teacher.get(f"/classes/{class_id}") == made
    described = {"class_id": class_id, "class_designation": "SV2 Å", "course_codes": ["SV2"], "user_id": TEACHER}
    assert await events(cms_database) == [("huleedu.class.created.v1", 1, described)]
    assert await aggregates(cms_database) == [UUID(class_id)]
    assert await updates(cms_database) == [(TEACHER, "class_created", {"class_id": class_id, "name": "SV2 Å"})]


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"name": "New"}, {"name": "New"}),
        ({"course_codes": ["ENG5"]}, {"course_code": "ENG5"}),
        ({"name": " New ", "course_codes": ["ENG5"]}, {"name": "New", "course_code": "ENG5"}),
        ({"name": "New", "course_codes": None}, {"name": "New"}),
    ],
)
async def test_a_change_is_of_what_is_there_and_not_null(
    teacher: Teacher, cms_database: RolledBack, body: Any, changes: dict[str, str]
) -> None:
    made = await teacher.made("/classes", SV2)
    await enrol(cms_database, UUID(made["id"]), student(), unknown_student(UUID(made["id"])))
    changed = await teacher.put(f"/classes/{made['id']}", body)
    assert changed == {**made, **changes, "student_count": 1, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    assert await teacher.get(f"/classes/{made['id']}") == changed
    described = {
        "class_id": made["id"],
        "class_designation": changed["name"],
        "course_codes": [changed["course_code"]],
        "user_id": TEACHER,
    }
    assert (await events(cms_database))[1:] == [("huleedu.class.updated.v1", 2, described)]
    assert len(await updates(cms_database)) == 1


@pytest.mark.parametrize("body", [{}, {"name": None, "course_codes": None}, SV2, {"name": " SV2A "}])
async def test_what_changes_nothing_is_not_published(teacher: Teacher, cms_database: RolledBack, body: Any) -> None:
    made = await teacher.made("/classes", SV2)
    assert await teacher.put(f"/classes/{made['id']}", body) == made
    assert len(await events(cms_database)) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name", "course_codes"]),
        ({"name": "", "course_codes": []}, ["name", "course_codes"]),
        ({"name": " \t\u2003", "course_codes": ["SV9"]}, ["name", "course_codes.0"]),
        ({"name": 7, "course_codes": "SV1"}, ["name", "course_codes"]),
        ({"name": "x" * 101, "course_codes": None}, ["name", "course_codes"]),
        ({"name": None, "course_codes": [None]}, ["name", "course_codes.0"]),
        ([], ["body"]),
        ("null", ["body"]),
    ],
)
async def test_all_that_is_wrong_is_told_and_nothing_stored(
    teacher: Teacher, cms_database: RolledBack, body: Any, fields: list[str]
) -> None:
    assert refusal(await teacher.ask("POST", "/classes", json=body)) == (400, "VALIDATION_ERROR", fields)
    assert await classes_stored(cms_database) == 0


@pytest.mark.parametrize("codes", [["SV1", "SV2"], ["SV1", "SV1"]])
async def test_one_course_per_class(teacher: Teacher, cms_database: RolledBack, codes: list[str]) -> None:
    made = await teacher.made("/classes", SV2)
    for answer in (
        await teacher.ask("POST", "/classes", json={"name": "x", "course_codes": codes}),
        await teacher.ask("PUT", f"/classes/{made['id']}", json={"course_codes": codes}),
    ):
        assert refusal(answer) == (400, "VALIDATION_ERROR", ["course_codes"])
        assert "one course per class" in answer.json()["error"]["message"]
    assert await teacher.get(f"/classes/{made['id']}") == made


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"{}", "text/plain", (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (b"{}", "application/jsonp", (415, "UNSUPPORTED_MEDIA_TYPE", [])),
        (b"{", "application/json", (400, "VALIDATION_ERROR", ["body"])),
        (b'"' + b"x" * 2_000_000 + b'"', "application/json", (413, "PAYLOAD_TOO_LARGE", [])),
    ],
)
async def test_a_bad_body(teacher: Teacher, content: bytes, media_type: str, expected: Any) -> None:
    for method, path in (("POST", "/classes"), ("POST", "/classes/students"), ("PUT", f"/classes/{uuid4()}")):
        answer = await teacher.ask(method, path, content=content, headers={"Content-Type": media_type})
        assert refusal(answer) == expected


async def test_a_deleted_class_leaves_its_students(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id, stays = await a_class(cms_database), await a_class(cms_database)
    pupil, unknown = student(), unknown_student(class_id)
    await enrol(cms_database, class_id, pupil, unknown)
    batch_id = uuid4()
    await cms_database.add(
        association(batch_id, class_id, student_id=pupil.id, validation_status=AssociationStatus.PENDING_VALIDATION),
        association(batch_id, class_id, student_id=unknown.id, validation_status=AssociationStatus.TIMEOUT_CONFIRMED),
        association(batch_id, stays, student_id=pupil.id),
    )
    answer = await teacher.ask("DELETE", f"/classes/{class_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await teacher.ask("DELETE", f"/classes/{class_id}"))[0] == 404
    assert (await teacher.get(f"/classes/students/{pupil.id}"))["class_ids"] == []

    row = EssayAssociation
    columns = select(
        row.class_id, row.student_id, row.validation_status, row.validation_method, row.validated_by
    ).order_by(row.validation_status)
    async with cms_database.read() as connection:
        rows = (await connection.execute(columns)).all()
        placeholders = await connection.scalar(select(func.count()).where(StudentRow.is_placeholder))
    assert [tuple(each) for each in rows] == [
        (stays, pupil.id, AssociationStatus.CONFIRMED, None, None),
        (None, pupil.id, AssociationStatus.REJECTED, AssociationMethod.AUTO, TEACHER),
        (None, None, AssociationStatus.TIMEOUT_CONFIRMED, None, None),
    ]
    assert placeholders == 0
    settled, deleted = await events(cms_database)
    assert settled[0] == "huleedu.class.student.associations.confirmed.v1"
    assert (settled[2]["batch_id"], settled[2]["class_id"]) == (str(batch_id), str(class_id))
    assert deleted == ("huleedu.class.deleted.v1", 1, {"class_id": str(class_id), "user_id": TEACHER})
    assert [kind for _, kind, _ in await updates(cms_database)] == ["student_associations_confirmed"]


async def test_versions_rise_over_the_life_of_a_class(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id = (await teacher.made("/classes", SV2))["id"]
    await teacher.put(f"/classes/{class_id}", {"name": "a"})
    await teacher.put(f"/classes/{class_id}", {"name": "b"})
    await teacher.ask("DELETE", f"/classes/{class_id}")
    assert [(kind.split(".")[2], version) for kind, version, _ in await events(cms_database)] == [
        ("created", 1),
        ("updated", 2),
        ("updated", 3),
        ("deleted", 4),
    ]


async def test_each_teacher_writes_their_own(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    for user_id in (TEACHER, OTHER):
        await Teacher(cms, user_id).made("/classes", SV2)
        assert (await Teacher(cms, user_id).get("/classes"))["pagination"]["total"] == 1
    assert [user_id for user_id, *_ in await updates(cms_database)] == [TEACHER, OTHER]
    assert [data["user_id"] for *_, data in await events(cms_database)] == [TEACHER, OTHER]


async def test_the_cost_of_writing(teacher: Teacher, cms_database: RolledBack) -> None:
    """Row, event, and what is told; a change locks its row first."""
    with cms_database.statements() as creating:
        class_id = (await teacher.made("/classes", SV2))["id"]
    with cms_database.statements() as changing:
        await teacher.put(f"/classes/{class_id}", {"name": "a"})
    assert (cost(creating), cost(changing)) == (3, 3)
