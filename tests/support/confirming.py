"""A teacher who confirms and rejects associations of a batch."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from cms_service.contract import AssociationStatus
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, minutes
from tests.support.pupils import enrol, student

PENDING = AssociationStatus.PENDING_VALIDATION


def decision(essay_id: UUID, student_id: UUID | None = None, *, confirmed: bool | None = None) -> dict[str, Any]:
    """Confirmed where a student is named."""
    said = {"essay_id": str(essay_id), "confirmed": student_id is not None if confirmed is None else confirmed}
    return said | ({"student_id": str(student_id)} if student_id else {})


async def post(
    cms: httpx.AsyncClient, batch_id: UUID, *decisions: dict[str, Any], user_id: str = TEACHER
) -> httpx.Response:
    path = f"/v1/batches/{batch_id}/student-associations/confirm"
    return await cms.post(path, json={"associations": decisions}, headers={"X-User-ID": user_id})


async def confirmed(cms: httpx.AsyncClient, batch_id: UUID, *decisions: dict[str, Any]) -> tuple[int, int, int]:
    """What is confirmed, rejected and pending afterwards."""
    answer = await post(cms, batch_id, *decisions)
    assert answer.status_code == 200, answer.text
    counts = answer.json()
    assert list(counts) == ["confirmed", "rejected", "pending"]
    return counts["confirmed"], counts["rejected"], counts["pending"]


def fields(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    return [each["field"] for each in answer.json()["error"]["fields"]]


class Batch:
    """A class of three, and a batch of it whose three essays are matched, each with its own student."""

    async def given(self, cms: RolledBack) -> "Batch":
        self.batch_id, self.class_id = uuid4(), await a_class(cms)
        self.students = [student(name) for name in ("Ada", "Bo", "Cim")]
        self.asa, self.bo, self.cim = (each.id for each in self.students)
        await enrol(cms, self.class_id, *self.students)
        self.rows = [
            association(
                self.batch_id,
                self.class_id,
                student_id=each.id,
                confidence_score=0.8,
                validation_status=PENDING,
                created_at=minutes(n),
            )
            for n, each in enumerate(self.students)
        ]
        self.one, self.two, self.three = (row.essay_id for row in self.rows)
        await cms.add(*self.rows)
        return self
