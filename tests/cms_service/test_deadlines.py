"""The timeout monitor, on what one test has stored."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.deadlines import Looked, Monitor
from cms_service.settings import CmsSettings
from cms_service.tables import AssociationConfirmation, ClassStudent, Student
from kit.updates import Updates
from tests.support.apps import cms_app, running
from tests.support.authorship import marks, published, stored, told
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student

PENDING = {"validation_status": AssociationStatus.PENDING_VALIDATION}
LONG, SHORT = timedelta(hours=24, minutes=5), timedelta(hours=23, minutes=50)


def monitor(cms: RolledBack, hours: float = 24, least_score: float = 0.7) -> Monitor:
    return Monitor(cms, Updates(), timedelta(hours=hours), least_score)


def due(batch_id: UUID, class_id: UUID | None, *, pending_for: timedelta = LONG, **changes: Any) -> Any:
    created_at = datetime.now(UTC) - pending_for
    return association(batch_id, class_id, **{"created_at": created_at, "confidence_score": 0.9} | PENDING | changes)


def processed(batch_id: UUID, class_id: UUID, confirmed: int, rejected: int = 0) -> tuple[str, str, dict[str, Any]]:
    payload = {"batch_id": str(batch_id), "class_id": str(class_id), "confirmed": confirmed, "rejected": rejected}
    return TEACHER, "validation_timeout_processed", payload


async def placeholder(cms: RolledBack, class_id: UUID) -> Student:
    email = f"unknown.{class_id}@huleedu.system"
    async with cms.read() as connection:
        row = (await connection.execute(select(Student.__table__).where(Student.email == email))).mappings().one()
        return Student(**row)


async def test_a_good_suggestion_is_kept_and_a_poor_one_goes_to_unknown(cms_database: RolledBack) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, asa)
    scores: list[tuple[float | None, bool]] = [
        (0.7, True),
        (1.0, True),
        (0.6999, False),
        (0.0, False),
        (None, False),
    ]
    rows = [due(batch_id, class_id, student_id=asa.id, confidence_score=score) for score, _ in scores]
    nobodys = due(batch_id, class_id, student_id=None)
    await cms_database.add(*rows, nobodys)

    assert await monitor(cms_database).look() == Looked(associations=6, processed=1)

    unknown = await placeholder(cms_database, class_id)
    after = await stored(cms_database, batch_id)
    assert [after[row.essay_id].student_id for row in rows] == [asa.id if kept else unknown.id for _, kept in scores]
    assert after[nobodys.essay_id].student_id == unknown.id
    for row in after.values():
        assert row.validation_status is AssociationStatus.TIMEOUT_CONFIRMED
        assert (row.validation_method, row.validated_by) == (AssociationMethod.TIMEOUT, "SYSTEM_TIMEOUT")
        assert row.validated_at

    [sent] = await published(cms_database)
    assert sent["data"]["timeout_triggered"] is True
    assert {each["essay_id"]: each["student_id"] for each in sent["data"]["associations"]} == {
        str(row.essay_id): str(row.student_id) for row in after.values()
    }
    assert {each["validated_by"] for each in sent["data"]["associations"]} == {"SYSTEM_TIMEOUT"}
    assert sent["data"]["validation_summary"] == {"total_associations": 6, "confirmed": 6, "rejected": 0}
    assert await marks(cms_database) == {(batch_id, class_id): UUID(sent["event_id"])}
    assert await told(cms_database) == [processed(batch_id, class_id, 6)]

    assert await monitor(cms_database).look() == Looked()


async def test_the_unknown_student_is_made_once_and_hidden(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, asa = await a_class(cms_database), student()
    await enrol(cms_database, class_id, asa)
    first, second = (due(uuid4(), class_id, student_id=asa.id, confidence_score=0.1) for _ in range(2))
    await cms_database.add(first, second)
    assert await monitor(cms_database).look() == Looked(associations=2, processed=2)

    unknown = await placeholder(cms_database, class_id)
    assert (unknown.first_name, unknown.last_name, unknown.legal_full_name) == ("UNKNOWN", "STUDENT", None)
    assert (unknown.first_name_key, unknown.last_name_key) == ("unknown", "student")
    assert (unknown.email_key, unknown.created_by_user_id) == (f"unknown.{class_id}@huleedu.system", TEACHER)
    assert unknown.is_placeholder is True
    async with cms_database.read() as connection:
        members = await connection.scalars(select(ClassStudent.student_id).where(ClassStudent.class_id == class_id))
        assert set(members) == {asa.id, unknown.id}
    for row in (first, second):
        [after] = (await stored(cms_database, row.batch_id)).values()
        assert after.student_id == unknown.id

    essays = await cms.post("/internal/v1/essays/students", json={"essay_ids": [str(first.essay_id)]})
    assert essays.json() == {str(first.essay_id): None}
    found = await cms.post("/internal/v1/classes/lookup", json={"class_ids": [str(class_id)]})
    assert found.json()[str(class_id)]["student_count"] == 1
    roster = await cms.post("/internal/v1/classes/rosters", json={"class_ids": [str(class_id)]})
    assert [each["id"] for each in roster.json()[str(class_id)]["items"]] == [str(asa.id)]


async def test_an_unknown_student_that_is_there_is_used(cms_database: RolledBack) -> None:
    class_id, other, batch_id = await a_class(cms_database), await a_class(cms_database), uuid4()
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, nobody)
    rows = [due(batch_id, each, confidence_score=None) for each in (class_id, other)]
    await cms_database.add(*rows)
    assert await monitor(cms_database).look() == Looked(associations=2, processed=1)
    after = await stored(cms_database, batch_id)
    others_nobody = await placeholder(cms_database, other)
    assert [after[row.essay_id].student_id for row in rows] == [nobody.id, others_nobody.id]
    assert len(await published(cms_database)) == 2
    assert sorted(await told(cms_database), key=str) == sorted(
        [processed(batch_id, each, 1) for each in (class_id, other)], key=str
    )


async def test_only_what_has_been_pending_for_too_long_is_touched(cms_database: RolledBack) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, asa)
    rest = [
        due(batch_id, class_id, student_id=asa.id, validation_status=status)
        for status in AssociationStatus
        if status is not AssociationStatus.PENDING_VALIDATION
    ]
    fresh, late = (due(batch_id, class_id, student_id=asa.id, pending_for=each) for each in (SHORT, LONG))
    classless = due(batch_id, None, student_id=asa.id)
    await cms_database.add(*rest, fresh, late, classless)
    before = await stored(cms_database, batch_id)

    assert await monitor(cms_database).look() == Looked(associations=1, processed=1)

    after = await stored(cms_database, batch_id)
    changed = [key for key, row in after.items() if row.validation_status is not before[key].validation_status]
    assert changed == [late.essay_id]
    # What is fresh is still waited for, so there is no event; the teacher learns of the others all the same.
    assert (await published(cms_database), await marks(cms_database)) == ([], {})
    assert await told(cms_database) == [processed(batch_id, class_id, 3, rejected=1)]


async def test_a_batch_that_had_its_event_is_told_of_alone(cms_database: RolledBack) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    await cms_database.add(
        due(batch_id, class_id, confidence_score=0.1),
        AssociationConfirmation(batch_id=batch_id, class_id=class_id, event_id=uuid4()),
    )
    assert await monitor(cms_database).look() == Looked(associations=1, processed=1)
    assert (await published(cms_database), await told(cms_database)) == ([], [processed(batch_id, class_id, 1)])


async def test_its_numbers_are_settings(cms_database: RolledBack) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, asa)
    await cms_database.add(due(batch_id, class_id, student_id=asa.id, confidence_score=0.5, pending_for=SHORT))
    assert await monitor(cms_database).look() == Looked()
    assert await monitor(cms_database, hours=23, least_score=0.5).look() == Looked(associations=1, processed=1)
    assert [row.student_id for row in (await stored(cms_database, batch_id)).values()] == [asa.id]

    fields = CmsSettings.model_fields
    names = "validation_timeout_hours", "validation_timeout_confidence", "validation_timeout_interval_seconds"
    assert [fields[name].default for name in names] == [24, 0.7, 3600]


async def test_each_class_owner_is_told(cms_database: RolledBack) -> None:
    mine, theirs, batch_id = await a_class(cms_database), await a_class(cms_database, user_id=OTHER), uuid4()
    await cms_database.add(
        due(batch_id, mine, confidence_score=0), due(batch_id, theirs, confidence_score=0, created_by_user_id=OTHER)
    )
    await monitor(cms_database).look()
    assert {(user_id, payload["class_id"]) for user_id, _, payload in await told(cms_database)} == {
        (TEACHER, str(mine)),
        (OTHER, str(theirs)),
    }
    assert (await placeholder(cms_database, theirs)).created_by_user_id == OTHER


@pytest.mark.parametrize("least_score", [0.0, 1.0])
async def test_the_cost_of_a_batch_does_not_grow_with_its_essays(cms_database: RolledBack, least_score: float) -> None:
    class_id, asa = await a_class(cms_database), student()
    await enrol(cms_database, class_id, asa)
    costs = []
    for essays in (1, 1000):
        batch_id = uuid4()
        await cms_database.add(*(due(batch_id, class_id, student_id=asa.id) for _ in range(essays)))
        with cms_database.statements() as sent:
            looked = await monitor(cms_database, least_score=least_score).look()
        assert looked == Looked(associations=essays, processed=1)
        costs.append(len(sent))
    assert costs[0] == costs[1]


async def test_the_service_looks_when_it_starts(cms_database: RolledBack) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    await cms_database.add(due(batch_id, class_id))
    async with running(cms_app(cms_database)), asyncio.timeout(5):
        while not await published(cms_database):  # noqa: ASYNC110  what is waited for happens in the service
            await asyncio.sleep(0.01)
    [sent] = await published(cms_database)
    assert (sent["data"]["batch_id"], sent["data"]["timeout_triggered"]) == (str(batch_id), True)
