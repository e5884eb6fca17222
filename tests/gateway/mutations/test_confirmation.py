"""What teachers say of who wrote what."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from cms_service.contract import AssociationStatus
from tests.gateway.mutations.test_classes import wrong
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class, association, batch, batches
from tests.support.graph import data, global_id
from tests.support.pupils import enrol, student

CONFIRM = """mutation($input: ConfirmStudentAssociationsInput!) {
    confirmStudentAssociations(input: $input) {
        confirmed rejected pending
        batch { batchId validation { deviationCount confirmedAssociations } }
        userErrors { code field message }
    }
}"""
NOTHING = {"confirmed": None, "rejected": None, "pending": None, "batch": None}


async def asked(gateway: httpx.AsyncClient, batch_id: Any, *associations: dict[str, Any]) -> dict[str, Any]:
    answer = await data(gateway, CONFIRM, input={"batchId": str(batch_id), "associations": associations})
    found: dict[str, Any] = answer["confirmStudentAssociations"]
    return found


class Lesson:
    """A class with two students, and a batch with three essays of it that wait for the teacher."""

    batch_id: UUID
    essays: list[UUID]
    asa: UUID
    bo: UUID

    @classmethod
    async def given(cls, cms: RolledBack, ras: RolledBack, **changes: Any) -> "Lesson":
        made = cls()
        class_id, asa, bo = await a_class(cms), student("Åsa", "Öberg"), student("Bo", "Ek")
        await enrol(cms, class_id, asa, bo)
        [made.batch_id] = await batches(ras, batch())
        pending = {"student_id": asa.id, "validation_status": AssociationStatus.PENDING_VALIDATION}
        rows = [association(made.batch_id, class_id, **pending | changes) for _ in range(3)]
        await cms.add(*rows)
        made.essays, made.asa, made.bo = [each.essay_id for each in rows], asa.id, bo.id
        return made


async def test_answers_are_taken(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await Lesson.given(cms_database, ras_database)
    first, second, _ = (str(each) for each in lesson.essays)

    answer = await asked(
        gateway,
        global_id("Batch", lesson.batch_id),
        {"essayId": first, "studentId": global_id("Student", lesson.bo), "confirmed": True},
        {"essayId": second, "confirmed": False},
    )

    assert answer == {
        "confirmed": 1,
        "rejected": 1,
        "pending": 1,
        "batch": {
            "batchId": str(lesson.batch_id),
            "validation": {"deviationCount": 1, "confirmedAssociations": 1},
        },
        "userErrors": [],
    }


async def test_all_of_it_or_nothing(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await Lesson.given(cms_database, ras_database)
    first, second, third = (str(each) for each in lesson.essays)

    answer = await asked(
        gateway,
        lesson.batch_id,
        {"essayId": first, "studentId": str(lesson.asa), "confirmed": True},
        {"essayId": second, "studentId": str(uuid4()), "confirmed": True},
        {"essayId": str(uuid4()), "confirmed": False},
    )
    before_asking = await asked(
        gateway,
        lesson.batch_id,
        {"essayId": first, "confirmed": True},
        {"essayId": second, "studentId": "nobody", "confirmed": True},
        {"essayId": second, "confirmed": False},
    )
    rejected = await asked(gateway, lesson.batch_id, {"essayId": third, "confirmed": False})

    at = ["input", "associations"]
    assert answer == NOTHING | {
        "userErrors": [
            *wrong("RESOURCE_NOT_FOUND", [*at, "1", "studentId"], "There is no such student in the essay's class."),
            *wrong(
                "RESOURCE_NOT_FOUND",
                [*at, "2", "essayId"],
                "No association of this essay in this batch can be changed.",
            ),
        ]
    }
    assert before_asking == NOTHING | {
        "userErrors": [
            *wrong("VALIDATION_ERROR", [*at, "0", "studentId"], "It is required when confirmed."),
            *wrong("RESOURCE_NOT_FOUND", [*at, "1", "studentId"], "There is no such student."),
            *wrong("VALIDATION_ERROR", [*at, "2", "essayId"], "It is there already."),
        ]
    }
    assert (rejected["confirmed"], rejected["rejected"], rejected["pending"]) == (0, 1, 2)


async def test_batches_of_others_are_not_there(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id, batch_id = await a_class(cms_database, user_id=OTHER), uuid4()
    theirs = association(batch_id, class_id, created_by_user_id=OTHER)
    await cms_database.add(theirs)
    said = {"essayId": str(theirs.essay_id), "confirmed": False}

    answers = [await asked(gateway, each, said) for each in (batch_id, uuid4(), "batch-1")]

    missing = wrong("RESOURCE_NOT_FOUND", ["input", "batchId"], "There is no such batch.")
    assert answers == [NOTHING | {"userErrors": missing}] * 3
