"""Rows for tests, with everything filled in that a test does not care about."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from cms_service.contract import AssociationStatus, CourseCode
from cms_service.tables import BatchClass, Course, EssayAssociation, SchoolClass
from ras_service.contract import BatchType
from ras_service.lifecycle import BatchState
from ras_service.tables import BatchCount, BatchResult, EssayResult
from tests.support.databases import RolledBack

TEACHER = "teacher-1"
OTHER = "teacher-2"
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def minutes(n: float) -> datetime:
    """Moments after noon of the tests' day."""
    return NOON + timedelta(minutes=n)


async def a_class(cms: RolledBack, name: str = "SV1A", *, user_id: str = TEACHER, class_id: UUID | None = None) -> UUID:
    async with cms.read() as connection:
        course_id = await connection.scalar(select(Course.id).where(Course.course_code == CourseCode.SV1))
    made = SchoolClass(id=class_id or uuid4(), name=name, created_by_user_id=user_id, course_id=course_id)
    await cms.add(made)
    return made.id


def association(batch_id: UUID, class_id: UUID | None, **changes: Any) -> EssayAssociation:
    values: dict[str, Any] = {
        "essay_id": uuid4(),
        "batch_id": batch_id,
        "class_id": class_id,
        "created_by_user_id": TEACHER,
        "validation_status": AssociationStatus.CONFIRMED,
        "created_at": NOON,
    }
    return EssayAssociation(**values | changes)


def registration(batch_id: UUID, class_id: UUID, user_id: str = TEACHER) -> BatchClass:
    return BatchClass(batch_id=batch_id, class_id=class_id, user_id=user_id, created_at=NOON)


def batch(**changes: Any) -> BatchResult:
    values: dict[str, Any] = {
        "batch_id": uuid4(),
        "user_id": TEACHER,
        "assignment_id": None,
        "title": "Nationella provet",
        "batch_type": BatchType.REGULAR,
        "state": BatchState.PROCESSING_PIPELINES,
        "requested_pipelines": [],
        "essay_count": 0,
        "completed_essay_count": 0,
        "failed_essay_count": 0,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return BatchResult(**values | changes)


def essay(batch_id: UUID, position: int = 0, **changes: Any) -> EssayResult:
    values: dict[str, Any] = {
        "essay_id": uuid4(),
        "batch_id": batch_id,
        "position": position,
        "filename": f"essä_{position}.docx",
        "updated_at": NOON,
    }
    return EssayResult(**values | changes)


async def batches(ras: RolledBack, *rows: BatchResult) -> list[UUID]:
    """Stores batches and their counts; answers their ids."""
    ids, counted = [row.batch_id for row in rows], Counter((row.user_id, row.state) for row in rows)
    await ras.add(*rows)
    count = insert(BatchCount)
    merge = count.on_conflict_do_update(
        index_elements=[BatchCount.user_id, BatchCount.state], set_={"n": BatchCount.n + count.excluded.n}
    )
    async with ras.write() as connection:
        for (user_id, state), n in counted.items():
            await connection.execute(merge.values(user_id=user_id, state=state, n=n))
    return ids
