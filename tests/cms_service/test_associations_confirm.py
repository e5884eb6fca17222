from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import EssayAssociation
from tests.support.authorship import marks, published, statuses, stored, told
from tests.support.confirming import PENDING, Batch, confirmed, decision
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, minutes
from tests.support.pupils import enrol, student, unknown_student


@pytest.fixture
async def batch(cms_database: RolledBack) -> Batch:
    return await Batch().given(cms_database)


async def test_a_teacher_settles_some_and_then_the_rest(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    assert await confirmed(cms, batch.batch_id, decision(batch.one, batch.asa), decision(batch.two)) == (1, 1, 1)
    rows = await stored(cms_database, batch.batch_id)
    for essay_id, status in ((batch.one, AssociationStatus.CONFIRMED), (batch.two, AssociationStatus.REJECTED)):
        row = rows[essay_id]
        assert (row.validation_status, row.validation_method, row.validated_by) == (
            status,
            AssociationMethod.HUMAN,
            TEACHER,
        )
        assert row.validated_at is not None
    assert (rows[batch.three].validation_status, rows[batch.three].validated_at) == (PENDING, None)
    assert (await published(cms_database), await told(cms_database), await marks(cms_database)) == ([], [], {})

    # Bo wrote the third, whoever was suggested.
    assert await confirmed(cms, batch.batch_id, decision(batch.three, batch.bo)) == (2, 1, 0)
    rows = await stored(cms_database, batch.batch_id)
    [sent] = await published(cms_database)

    def told_of(row: EssayAssociation) -> dict[str, Any]:
        assert row.validated_at
        return {
            "essay_id": str(row.essay_id),
            "student_id": str(row.student_id),
            "confidence_score": 0.8,
            "validation_method": "human",
            "validated_by": TEACHER,
            "validated_at": row.validated_at.isoformat().replace("+00:00", "Z"),
        }

    assert sent["data"] == {
        "batch_id": str(batch.batch_id),
        "class_id": str(batch.class_id),
        "course_code": "SV1",
        "timeout_triggered": False,
        "associations": [told_of(rows[batch.one]), told_of(rows[batch.three])],
        "validation_summary": {"total_associations": 3, "confirmed": 2, "rejected": 1},
    }
    assert rows[batch.three].student_id == batch.bo
    assert sent["metadata"] == {"aggregate_id": str(batch.batch_id), "aggregate_version": 1}
    assert await marks(cms_database) == {(batch.batch_id, batch.class_id): UUID(sent["event_id"])}
    assert await told(cms_database) == [settled(batch, confirmed=2, rejected=1)]


def settled(batch: Batch, **counts: int) -> tuple[str, str, dict[str, Any]]:
    ids = {"batch_id": str(batch.batch_id), "class_id": str(batch.class_id)}
    return TEACHER, "student_associations_confirmed", ids | counts


async def settle(cms: httpx.AsyncClient, batch: Batch) -> list[dict[str, Any]]:
    """Confirms Ada's and Bo's, rejects Cim's; answers what was said."""
    said = [decision(batch.one, batch.asa), decision(batch.two, batch.bo), decision(batch.three)]
    assert await confirmed(cms, batch.batch_id, *said) == (2, 1, 0)
    return said


async def test_a_later_change_is_told_again_and_not_published_again(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    await settle(cms, batch)
    assert await confirmed(cms, batch.batch_id, decision(batch.one)) == (1, 2, 0)
    assert await confirmed(cms, batch.batch_id, decision(batch.three, batch.asa)) == (2, 1, 0)
    assert [status for _, status, _ in await statuses(cms_database, batch.batch_id)] == [
        "rejected",
        "confirmed",
        "confirmed",
    ]
    assert len(await published(cms_database)) == 1
    counts = [{"confirmed": 2, "rejected": 1}, {"confirmed": 1, "rejected": 2}, {"confirmed": 2, "rejected": 1}]
    assert await told(cms_database) == [settled(batch, **each) for each in counts]


async def test_saying_it_again_changes_nothing(cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch) -> None:
    said = await settle(cms, batch)
    before = [vars(row) for row in (await stored(cms_database, batch.batch_id)).values()]
    # A rejection's student is not looked at.
    said[2]["student_id"] = str(uuid4())
    assert await confirmed(cms, batch.batch_id, *said) == (2, 1, 0)
    after = [vars(row) for row in (await stored(cms_database, batch.batch_id)).values()]
    assert [_columns(each) for each in after] == [_columns(each) for each in before]
    assert len(await published(cms_database)) == len(await told(cms_database)) == 1


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


async def test_nothing_said_is_nothing_changed(cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch) -> None:
    assert await confirmed(cms, batch.batch_id) == (0, 0, 3)
    assert (await published(cms_database), await told(cms_database)) == ([], [])


async def test_what_the_deadline_confirmed_may_be_changed(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    """Saying the same as the deadline is a change, too: from now on a teacher has said so."""
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, asa, nobody)
    timed_out = {
        "validation_status": AssociationStatus.TIMEOUT_CONFIRMED,
        "validation_method": AssociationMethod.TIMEOUT,
        "validated_by": "SYSTEM_TIMEOUT",
        "validated_at": minutes(1),
    }
    kept, unknown, wrong = (
        association(batch_id, class_id, student_id=who, **timed_out, created_at=minutes(-n))
        for n, who in enumerate((asa.id, nobody.id, asa.id))
    )
    await cms_database.add(kept, unknown, wrong)
    assert await confirmed(cms, batch_id) == (3, 0, 0)
    said = [decision(kept.essay_id, asa.id), decision(unknown.essay_id, asa.id), decision(wrong.essay_id)]
    assert await confirmed(cms, batch_id, *said) == (2, 1, 0)
    rows = await stored(cms_database, batch_id)
    assert {(row.validation_method, row.validated_by, row.student_id) for row in rows.values()} == {
        (AssociationMethod.HUMAN, TEACHER, asa.id)
    }


async def test_each_class_of_a_batch_has_its_own_event(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    second, foreign = await a_class(cms_database, "SV1B"), await a_class(cms_database, user_id=OTHER)
    di = student("Di")
    await enrol(cms_database, second, di)
    row = association(batch.batch_id, second, student_id=di.id, validation_status=PENDING)
    theirs = association(batch.batch_id, foreign, created_by_user_id=OTHER, validation_status=PENDING)
    await cms_database.add(row, theirs)

    assert await confirmed(cms, batch.batch_id, decision(row.essay_id, di.id)) == (1, 0, 3)
    assert [each["data"]["class_id"] for each in await published(cms_database)] == [str(second)]
    said = [decision(batch.one), decision(batch.two), decision(batch.three), decision(row.essay_id)]
    # The other teacher's pending row is of another class: it is neither counted nor waited for.
    assert await confirmed(cms, batch.batch_id, *said) == (0, 4, 0)
    sent = await published(cms_database)
    assert [each["data"]["class_id"] for each in sent] == [str(second), str(batch.class_id)]
    assert [each["metadata"]["aggregate_version"] for each in sent] == [1, 2]
    assert sent[1]["data"]["associations"] == []
    assert {each["class_id"] for _, _, each in (await told(cms_database))[1:]} == {str(second), str(batch.class_id)}
    assert len(await told(cms_database)) == 3


async def test_the_cost_does_not_grow_with_the_essays(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, asa, bo = await a_class(cms_database), student(), student("Bo")
    await enrol(cms_database, class_id, asa, bo)
    costs = []
    for essays in (1, 1000):
        rows = [
            association(batch_id, class_id, student_id=asa.id, validation_status=PENDING)
            for batch_id in [uuid4()]
            for _ in range(essays)
        ]
        await cms_database.add(*rows)
        with cms_database.statements() as sent:
            assert await confirmed(cms, rows[0].batch_id, *(decision(each.essay_id, bo.id) for each in rows)) == (
                essays,
                0,
                0,
            )
        costs.append(len(sent))
    assert costs[0] == costs[1]
