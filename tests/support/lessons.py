"""A class that handed in a batch, as both services know it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cms_service.tables import EssayAssociation, Student
from ras_service.tables import EssayResult
from tests.support.databases import RolledBack
from tests.support.given import a_class, association, batch, batches, essay, minutes
from tests.support.pupils import enrol, student


@dataclass
class Lesson:
    class_id: UUID
    batch_id: UUID
    """Essays by position; the nth student wrote the nth."""
    students: list[Student] = field(default_factory=list)
    essays: list[EssayResult] = field(default_factory=list)
    associations: list[EssayAssociation] = field(default_factory=list)


async def a_lesson(cms: RolledBack, ras: RolledBack, n: int = 2, **changes: Any) -> Lesson:
    """With `n` students and as many essays, all confirmed."""
    [batch_id] = await batches(ras, batch(essay_count=n, **changes))
    lesson = Lesson(await a_class(cms), batch_id)
    lesson.students = [student("Elev", f"{each:03}") for each in range(n)]
    lesson.essays = [essay(batch_id, each) for each in range(n)]
    await enrol(cms, lesson.class_id, *lesson.students)
    await ras.add(*lesson.essays)
    lesson.associations = [
        association(batch_id, lesson.class_id, essay_id=written.essay_id, student_id=writer.id, created_at=minutes(nth))
        for nth, (writer, written) in enumerate(zip(lesson.students, lesson.essays, strict=True))
    ]
    await cms.add(*lesson.associations)
    return lesson
