from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from cms_service.app import create_app
from cms_service.contract import AssociationStatus, CourseCode
from cms_service.settings import CmsSettings
from cms_service.tables import ClassStudent, Course, SchoolClass
from tests.support.apps import INTERNAL, KEY, UNUSED_URL, client
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, minutes
from tests.support.pupils import enrol, student, unknown_student

CONFIRMED, TIMED_OUT = AssociationStatus.CONFIRMED, AssociationStatus.TIMEOUT_CONFIRMED
PENDING, REJECTED = AssociationStatus.PENDING_VALIDATION, AssociationStatus.REJECTED


async def asked(cms: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await cms.post(f"/internal/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(*ids: UUID) -> list[str]:
    return [str(each) for each in ids]


async def test_a_class_as_it_goes_out(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, unknown = uuid4(), uuid4()
    async with cms_database.read() as connection:
        course_id = await connection.scalar(select(Course.id).where(Course.course_code == CourseCode.ENG6))
    await cms_database.add(
        SchoolClass(
            id=class_id,
            name="Engelska på måndag",
            created_by_user_id=TEACHER,
            course_id=course_id,
            created_at=minutes(0),
            updated_at=minutes(1.5),
        )
    )
    await enrol(cms_database, class_id, student(), student())

    assert await asked(cms, "/classes/lookup", class_ids=texts(class_id, unknown)) == {
        str(class_id): {
            "id": str(class_id),
            "name": "Engelska på måndag",
            "course_code": "ENG6",
            "student_count": 2,
            "created_at": "2026-09-14T12:00:00Z",
            "updated_at": "2026-09-14T12:01:30Z",
        },
        str(unknown): None,
    }


async def test_the_unknown_student_does_not_count(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, empty = await a_class(cms_database), await a_class(cms_database)
    await enrol(cms_database, class_id, student(), unknown_student(class_id))
    found = await asked(cms, "/classes/lookup", class_ids=texts(class_id, empty))
    assert [each["student_count"] for each in found.values()] == [1, 0]


async def test_a_student_as_they_go_out(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    one, other = sorted([await a_class(cms_database), await a_class(cms_database)])
    whole = student(
        "Åsa", "af Öberg", legal_full_name="Åsa Maria af Öberg", email="Asa@Skola.se", updated_at=minutes(1)
    )
    bare, unknown = student("Bo", "Ek"), uuid4()
    await enrol(cms_database, other, whole)
    await cms_database.add(bare, ClassStudent(class_id=one, student_id=whole.id))

    assert await asked(cms, "/students/lookup", student_ids=texts(whole.id, unknown, bare.id)) == {
        str(whole.id): {
            "id": str(whole.id),
            "first_name": "Åsa",
            "last_name": "af Öberg",
            "legal_full_name": "Åsa Maria af Öberg",
            "email": "Asa@Skola.se",
            "class_ids": texts(one, other),
            "created_at": "2026-09-14T12:00:00Z",
            "updated_at": "2026-09-14T12:01:00Z",
        },
        str(unknown): None,
        str(bare.id): {
            "id": str(bare.id),
            "first_name": "Bo",
            "last_name": "Ek",
            "legal_full_name": "Bo Ek",
            "email": None,
            "class_ids": [],
            "created_at": "2026-09-14T12:00:00Z",
            "updated_at": "2026-09-14T12:00:00Z",
        },
    }


async def test_the_unknown_student_is_nobody(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database)
    nobody = unknown_student(class_id)
    handed_in = association(uuid4(), class_id, student_id=nobody.id, validation_status=TIMED_OUT)
    await enrol(cms_database, class_id, nobody)
    await cms_database.add(handed_in)

    assert await asked(cms, "/students/lookup", student_ids=texts(nobody.id)) == {str(nobody.id): None}
    essays = await asked(cms, "/essays/students", essay_ids=texts(handed_in.essay_id))
    assert essays == {str(handed_in.essay_id): None}
    assert await asked(cms, "/students/essays", student_ids=texts(nobody.id)) == {
        str(nobody.id): {"items": [], "total": 0, "next": None}
    }
    assert await asked(cms, "/classes/rosters", class_ids=texts(class_id)) == {
        str(class_id): {"items": [], "total": 0, "next": None}
    }


async def test_an_essays_student_is_the_confirmed_one(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id, writer = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, writer)
    rows = {
        status: association(batch_id, class_id, student_id=writer.id, validation_status=status)
        for status in AssociationStatus
    }
    of_no_class = association(batch_id, None, student_id=writer.id)
    of_nobody = association(batch_id, None)
    await cms_database.add(*rows.values(), of_no_class, of_nobody)
    essay_ids = [row.essay_id for row in (*rows.values(), of_no_class, of_nobody)]

    [out] = (await asked(cms, "/students/lookup", student_ids=texts(writer.id))).values()
    assert await asked(cms, "/essays/students", essay_ids=texts(*essay_ids)) == {
        str(rows[PENDING].essay_id): None,
        str(rows[CONFIRMED].essay_id): out,
        str(rows[REJECTED].essay_id): None,
        str(rows[TIMED_OUT].essay_id): out,
        str(of_no_class.essay_id): out,
        str(of_nobody.essay_id): None,
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_how_far_a_batchs_validation_is(cms: httpx.AsyncClient, cms_database: RolledBack, method: str) -> None:
    class_id, other = await a_class(cms_database), await a_class(cms_database, user_id="teacher-2")
    open_batch, settled, empty = uuid4(), uuid4(), uuid4()
    nobody = unknown_student(class_id)
    await cms_database.add(nobody)
    await cms_database.add(
        association(open_batch, class_id, validation_status=CONFIRMED, created_at=minutes(-9)),
        association(open_batch, class_id, validation_status=PENDING, created_at=minutes(2)),
        association(open_batch, other, validation_status=PENDING, created_at=minutes(1)),
        association(open_batch, class_id, validation_status=REJECTED, created_at=minutes(-9)),
        association(open_batch, class_id, validation_status=TIMED_OUT, student_id=nobody.id),
        association(open_batch, None, validation_status=CONFIRMED),
        association(settled, class_id, validation_status=REJECTED),
        association(settled, class_id, validation_status=CONFIRMED),
    )
    ids = texts(open_batch, settled, empty)
    given: dict[str, Any] = (
        {"params": {"batch_ids": ",".join(ids)}} if method == "GET" else {"json": {"batch_ids": ids}}
    )
    answer = await cms.request(method, "/internal/v1/batches/validation-status", **given)
    assert answer.json() == {
        str(open_batch): {
            "deviation_count": 2,
            "auto_confirm_deadline": "2026-09-15T12:01:00Z",
            "total_associations": 6,
            "confirmed_associations": 3,
        },
        str(settled): {
            "deviation_count": 0,
            "auto_confirm_deadline": None,
            "total_associations": 2,
            "confirmed_associations": 1,
        },
        str(empty): None,
    }


async def test_the_deadline_is_a_setting(cms_database: RolledBack) -> None:
    batch_id, class_id = uuid4(), await a_class(cms_database)
    await cms_database.add(association(batch_id, class_id, validation_status=PENDING))
    hours = CmsSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL, validation_timeout_hours=1.5)
    async with client(create_app(hours, cms_database), INTERNAL) as cms:
        found = await asked(cms, "/batches/validation-status", batch_ids=texts(batch_id))
    assert found[str(batch_id)]["auto_confirm_deadline"] == "2026-09-14T13:30:00Z"
