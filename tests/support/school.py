"""All that a teacher can have, as both services know it: several of everything, and nothing left empty."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import ClassStudent, EssayAssociation
from ras_service.contract import BatchType, PhaseName, ProcessingStage
from ras_service.tables import EssayResult
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, batch, batches, essay, minutes, registration
from tests.support.graph import global_id
from tests.support.pupils import enrol, student


@dataclass(frozen=True)
class School:
    """Ids by kind. The first essay waits for the teacher, the last batch is a guest's."""

    user_id: str
    batches: list[UUID] = field(default_factory=list)
    essays: list[UUID] = field(default_factory=list)
    classes: list[UUID] = field(default_factory=list)
    students: list[UUID] = field(default_factory=list)

    @property
    def kinds(self) -> dict[str, list[UUID]]:
        return {"Batch": self.batches, "Essay": self.essays, "SchoolClass": self.classes, "Student": self.students}

    @property
    def nodes(self) -> list[str]:
        """Global ids, of all kinds in turn."""
        longest = max(map(len, self.kinds.values()))
        return [global_id(kind, ids[n]) for n in range(longest) for kind, ids in self.kinds.items() if n < len(ids)]


async def a_school(cms: RolledBack, ras: RolledBack, user_id: str = TEACHER, *, size: int = 3) -> School:
    """So many classes, the first with so many students and a batch of as many essays, each other one with one less;
    and a batch without a class."""
    made = School(user_id)
    for n in range(size):
        await _add_lesson(cms, ras, made, n, size - n)
    guests = batch(user_id=user_id, batch_type=BatchType.GUEST, created_at=minutes(-1), title=None)
    made.batches.extend(await batches(ras, guests))
    # The first student takes every course.
    await cms.add(*(ClassStudent(class_id=each, student_id=made.students[0]) for each in made.classes[1:]))
    return made


async def _add_lesson(cms: RolledBack, ras: RolledBack, made: School, n: int, size: int) -> None:
    class_id = await a_class(cms, f"SV1-{n}", user_id=made.user_id)
    [batch_id] = await batches(ras, _batch(made, n, size))
    pupils = [
        student(
            f"Elev-{n}",
            f"{each:03}",
            created_by_user_id=made.user_id,
            email=f"{made.user_id}.{n}.{each}@example.org",
            legal_full_name="Elev Elevsson",
        )
        for each in range(size)
    ]
    written = [_essay(batch_id, each) for each in range(size)]
    await enrol(cms, class_id, *pupils)
    await ras.add(*written)
    rows = [
        _association(made, class_id, of, by.id, waits=not n and not of.position)
        for of, by in zip(written, pupils, strict=True)
    ]
    await cms.add(registration(batch_id, class_id, made.user_id), *rows)
    made.classes.append(class_id)
    made.batches.append(batch_id)
    made.students.extend(each.id for each in pupils)
    made.essays.extend(each.essay_id for each in written)


def _batch(made: School, n: int, size: int) -> Any:
    return batch(
        user_id=made.user_id,
        essay_count=size,
        assignment_id="nationella-2026",
        current_phase=PhaseName.SPELLCHECK,
        requested_pipelines=[PhaseName.SPELLCHECK],
        processing_started_at=minutes(1),
        processing_completed_at=minutes(2),
        created_at=minutes(n),
    )


def _essay(batch_id: UUID, position: int) -> EssayResult:
    failed = {
        name: value
        for phase in ("spellcheck", "nlp", "cj_assessment", "ai_feedback")
        for name, value in ((f"{phase}_stage", ProcessingStage.FAILED), (f"{phase}_error", "It broke."))
    }
    assessed = {"cj_rank": 1, "cj_score": 0.5, "letter_grade": "A", "confidence_score": 0.9, "confidence_label": "high"}
    return essay(batch_id, position, spellcheck_correction_count=3, **failed, **assessed)


def _association(made: School, class_id: UUID, of: EssayResult, by: UUID, *, waits: bool) -> EssayAssociation:
    settled = {
        "validation_method": AssociationMethod.HUMAN,
        "validated_by": made.user_id,
        "validated_at": minutes(9),
    }
    return association(
        of.batch_id,
        class_id,
        essay_id=of.essay_id,
        student_id=by,
        created_by_user_id=made.user_id,
        confidence_score=0.8,
        match_reasons=["name"],
        created_at=minutes(of.position),
        validation_status=AssociationStatus.PENDING_VALIDATION if waits else AssociationStatus.CONFIRMED,
        **({} if waits else settled),
    )
