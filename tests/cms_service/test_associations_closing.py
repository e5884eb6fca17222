"""What becomes of associations when their class or student is deleted."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import AssociationConfirmation, Student
from tests.support.authorship import marks, published, statuses, stored, told
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student

PENDING = {"validation_status": AssociationStatus.PENDING_VALIDATION}
REJECTED = {"validation_status": AssociationStatus.REJECTED}
TIMED_OUT = {"validation_status": AssociationStatus.TIMEOUT_CONFIRMED}


async def deleted(cms: httpx.AsyncClient, path: str, user_id: str = TEACHER) -> int:
    """The status that the deletion is answered with."""
    return (await cms.delete(f"/v1/classes/{path}", headers={"X-User-ID": user_id})).status_code


async def students(cms: RolledBack) -> set[UUID]:
    async with cms.read() as connection:
        return set(await connection.scalars(select(Student.id)))


def settled(batch_id: UUID, class_id: UUID, confirmed: int, rejected: int) -> tuple[str, str, dict[str, Any]]:
    payload = {
        "batch_id": str(batch_id),
        "class_id": str(class_id),
        "confirmed": confirmed,
        "rejected": rejected,
    }
    return TEACHER, "student_associations_confirmed", payload


async def test_a_class_that_goes_rejects_what_is_pending_and_leaves_the_rest(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, other = await a_class(cms_database), await a_class(cms_database)
    asa, nobody, others_nobody = student(), unknown_student(class_id), unknown_student(other)
    await enrol(cms_database, class_id, asa, nobody)
    await enrol(cms_database, other, others_nobody)
    batch_id, by = uuid4(), {"student_id": asa.id}
    pending = association(batch_id, class_id, **by, **PENDING)
    confirmed = association(batch_id, class_id, **by, validated_by=TEACHER)
    rejected = association(batch_id, class_id, **by, **REJECTED)
    unknown = association(batch_id, class_id, student_id=nobody.id, **TIMED_OUT)
    elsewhere = association(batch_id, other, **by, **PENDING)
    unknown_elsewhere = association(batch_id, other, student_id=others_nobody.id, **TIMED_OUT)
    await cms_database.add(pending, confirmed, rejected, unknown, elsewhere, unknown_elsewhere)

    assert await deleted(cms, f"{class_id}") == 204

    rows = await stored(cms_database, batch_id)
    assert {
        row.essay_id: (row.class_id, row.student_id, row.validation_status, row.validation_method, row.validated_by)
        for row in rows.values()
    } == {
        pending.essay_id: (None, asa.id, AssociationStatus.REJECTED, AssociationMethod.AUTO, TEACHER),
        confirmed.essay_id: (None, asa.id, AssociationStatus.CONFIRMED, None, TEACHER),
        rejected.essay_id: (None, asa.id, AssociationStatus.REJECTED, None, None),
        unknown.essay_id: (None, None, AssociationStatus.TIMEOUT_CONFIRMED, None, None),
        elsewhere.essay_id: (other, asa.id, AssociationStatus.PENDING_VALIDATION, None, None),
        unknown_elsewhere.essay_id: (other, others_nobody.id, AssociationStatus.TIMEOUT_CONFIRMED, None, None),
    }
    assert rows[pending.essay_id].validated_at
    assert await students(cms_database) == {asa.id, others_nobody.id}

    [sent] = await published(cms_database)
    data = sent["data"]
    assert (data["class_id"], data["timeout_triggered"]) == (str(class_id), False)
    # As it stood while the class was there.
    assert {each["essay_id"]: each["student_id"] for each in data["associations"]} == {
        str(confirmed.essay_id): str(asa.id),
        str(unknown.essay_id): str(nobody.id),
    }
    assert data["validation_summary"] == {"total_associations": 4, "confirmed": 2, "rejected": 2}
    assert await marks(cms_database) == {(batch_id, class_id): UUID(sent["event_id"])}
    assert await told(cms_database) == [settled(batch_id, class_id, 2, 2)]


async def test_each_batch_of_the_class_has_its_event_unless_it_had_it(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id = await a_class(cms_database)
    batch_ids, settled_before, untouched = sorted(uuid4() for _ in range(3)), uuid4(), uuid4()
    await cms_database.add(
        *(association(each, class_id, **PENDING) for each in batch_ids for _ in range(2)),
        association(settled_before, class_id, **PENDING),
        AssociationConfirmation(batch_id=settled_before, class_id=class_id, event_id=uuid4()),
        association(untouched, class_id),
    )
    assert await deleted(cms, f"{class_id}") == 204
    assert [each["data"]["batch_id"] for each in await published(cms_database)] == [str(each) for each in batch_ids]
    assert sorted(told_of["batch_id"] for _, _, told_of in await told(cms_database)) == sorted(
        str(each) for each in (*batch_ids, settled_before)
    )


async def test_a_class_without_associations_goes_quietly(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database)
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, nobody)
    assert await deleted(cms, f"{class_id}") == 204
    assert await students(cms_database) == set()
    assert (await published(cms_database), await told(cms_database)) == ([], [])


async def test_somebody_elses_class_or_student_is_not_there(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, asa, nobody)
    await cms_database.add(association(batch_id, class_id, student_id=asa.id, **PENDING))
    for gone, user_id in ((class_id, OTHER), (uuid4(), TEACHER)):
        assert await deleted(cms, f"{gone}", user_id) == 404
    for gone, user_id in ((asa.id, OTHER), (uuid4(), TEACHER), (nobody.id, TEACHER)):
        assert await deleted(cms, f"students/{gone}", user_id) == 404
    assert [status for _, status, _ in await statuses(cms_database, batch_id)] == ["pending_validation"]
    assert await students(cms_database) == {asa.id, nobody.id}


async def test_a_student_that_goes_takes_the_associations_along(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, asa, bo = await a_class(cms_database), student(), student("Bo")
    await enrol(cms_database, class_id, asa, bo)
    open_, last, mixed, again, gone = sorted(uuid4() for _ in range(5))
    rest = [
        association(open_, class_id, student_id=bo.id, **PENDING),
        association(mixed, class_id, student_id=bo.id),
        association(again, class_id, student_id=bo.id),
    ]
    await cms_database.add(
        *rest,
        AssociationConfirmation(batch_id=again, class_id=class_id, event_id=uuid4()),
        *(association(each, class_id, student_id=asa.id, **PENDING) for each in (open_, last, mixed)),
        association(again, class_id, student_id=asa.id),
        association(gone, None, student_id=asa.id),
    )
    assert await deleted(cms, f"students/{asa.id}") == 204

    left = [await statuses(cms_database, each) for each in (open_, last, mixed, again, gone)]
    assert left == [
        [(rest[0].essay_id, "pending_validation", bo.id)],
        [],
        [(rest[1].essay_id, "confirmed", bo.id)],
        [(rest[2].essay_id, "confirmed", bo.id)],
        [],
    ]
    # It was the last that was pending of two batches; in the third Bo's still is, the fourth had its event.
    sent = [each["data"] for each in await published(cms_database)]
    assert [(each["batch_id"], len(each["associations"])) for each in sent] == [(str(last), 0), (str(mixed), 1)]
    assert sent[0]["validation_summary"] == {"total_associations": 0, "confirmed": 0, "rejected": 0}
    assert await told(cms_database) == [
        settled(last, class_id, 0, 0),
        settled(mixed, class_id, 1, 0),
        settled(again, class_id, 1, 0),
    ]


@pytest.mark.parametrize("what", ["class", "student"])
async def test_the_cost_does_not_grow_with_the_batches(
    cms: httpx.AsyncClient, cms_database: RolledBack, what: str
) -> None:
    costs = []
    for batches in (1, 200):
        class_id, asa = await a_class(cms_database), student()
        await enrol(cms_database, class_id, asa, unknown_student(class_id))
        await cms_database.add(*(association(uuid4(), class_id, student_id=asa.id, **PENDING) for _ in range(batches)))
        with cms_database.statements() as sent:
            assert await deleted(cms, f"{class_id}" if what == "class" else f"students/{asa.id}") == 204
        costs.append(len(sent))
    assert costs[0] == costs[1]
    assert len(await published(cms_database)) == 201
