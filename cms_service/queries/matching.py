"""What the pipeline's events leave in CMS: the class that a batch was registered for, and suggested students."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Double, FromClause, Select, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationStatus
from cms_service.queries.given import UUIDS, given
from cms_service.queries.shapes import VISIBLE
from cms_service.tables import BatchClass, ClassStudent, EssayAssociation, SchoolClass, Student


class Suggestion(NamedTuple):
    essay_id: UUID
    student_id: UUID
    confidence_score: float | None
    match_reasons: list[str]


class Waiting(NamedTuple):
    """`earliest` is when the first of those that are pending was stored."""

    pending: int
    earliest: datetime | None


async def register(
    connection: AsyncConnection, *, batch_id: UUID, class_id: UUID, user_id: str, created_at: datetime
) -> None:
    """The first registration of a batch stands."""
    row = {"batch_id": batch_id, "class_id": class_id, "user_id": user_id, "created_at": created_at}
    await connection.execute(insert(BatchClass).values(row).on_conflict_do_nothing())


async def keep_class(connection: AsyncConnection, class_id: UUID) -> str | None:
    """Answers whose the class is. It cannot be deleted before this transaction ends."""
    owner: str | None = await connection.scalar(
        select(SchoolClass.created_by_user_id)
        .where(SchoolClass.id == class_id)
        .with_for_update(read=True, key_share=True)
    )
    return owner


async def store(
    connection: AsyncConnection, batch_id: UUID, class_id: UUID, user_id: str, suggestions: Sequence[Suggestion]
) -> int:
    """Of each essay that has no association yet the first suggestion of a student of the class. Answers how many."""
    first = _first_of_class(class_id, user_id, suggestions).subquery("first")
    columns = {
        EssayAssociation.essay_id: first.c.essay_id,
        EssayAssociation.batch_id: literal(batch_id),
        EssayAssociation.class_id: literal(class_id),
        EssayAssociation.student_id: first.c.student_id,
        EssayAssociation.created_by_user_id: literal(user_id),
        EssayAssociation.confidence_score: first.c.confidence_score,
        EssayAssociation.match_reasons: first.c.match_reasons,
        EssayAssociation.validation_status: literal(
            AssociationStatus.PENDING_VALIDATION, EssayAssociation.validation_status.type
        ),
        # Not the transaction's start: it may have waited for the batch's lock.
        EssayAssociation.created_at: func.statement_timestamp(),
    }
    stored = await connection.execute(
        insert(EssayAssociation)
        .from_select(list(columns), select(*columns.values()).order_by(first.c.essay_id))
        .on_conflict_do_nothing()
    )
    return stored.rowcount


def _first_of_class(class_id: UUID, user_id: str, suggestions: Sequence[Suggestion]) -> Select[*tuple[Any, ...]]:
    known = _of_class(class_id, user_id, suggestions)
    return select(known).ext(distinct_on(known.c.essay_id)).order_by(known.c.essay_id, known.c.nth)


def _of_class(class_id: UUID, user_id: str, suggestions: Sequence[Suggestion]) -> FromClause:
    """The students among them cannot be deleted before this transaction ends.

    Their rows of the class are not locked: a deletion comes to them from the student.
    """
    suggested = given(
        "suggested",
        essay_id=(UUIDS, [each.essay_id for each in suggestions]),
        student_id=(UUIDS, [each.student_id for each in suggestions]),
        confidence_score=(Double(), [each.confidence_score for each in suggestions]),
        match_reasons=(JSONB(), [each.match_reasons for each in suggestions]),
    )
    return (
        select(suggested)
        .join_from(suggested, ClassStudent, ClassStudent.student_id == suggested.c.student_id)
        .join(Student, Student.id == suggested.c.student_id)
        .where(ClassStudent.class_id == class_id, Student.created_by_user_id == user_id, VISIBLE)
        .with_for_update(read=True, key_share=True, of=Student)
        .cte("known")
    )


async def waiting(connection: AsyncConnection, batch_id: UUID, user_id: str) -> Waiting:
    """What of the batch waits for the teacher, whichever class it is of."""
    row = await connection.execute(
        select(func.count(), func.min(EssayAssociation.created_at)).where(
            EssayAssociation.batch_id == batch_id,
            EssayAssociation.created_by_user_id == user_id,
            EssayAssociation.validation_status == AssociationStatus.PENDING_VALIDATION,
        )
    )
    return Waiting(*row.one())
