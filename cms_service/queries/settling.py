"""Where the associations of a batch and class stand, and the mark that says that their event is published."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationStatus, CourseCode
from cms_service.events import ConfirmedAssociation
from cms_service.queries.given import UUIDS, given
from cms_service.queries.lookups import CONFIRMED
from cms_service.tables import AssociationConfirmation, Course, EssayAssociation, SchoolClass


class Pair(NamedTuple):
    batch_id: UUID
    class_id: UUID


class Standing(NamedTuple):
    """`user_id` is the class's owner; `published`: the one event of the pair is."""

    pair: Pair
    user_id: str
    course_code: CourseCode
    published: bool
    total: int
    confirmed: int
    rejected: int
    pending: int

    @property
    def due(self) -> bool:
        return not self.published and not self.pending


async def standings(connection: AsyncConnection, pairs: Sequence[Pair]) -> list[Standing]:
    """In the order given; a pair whose class is not there has none."""
    asked = _asked(pairs)
    marked = and_(
        AssociationConfirmation.batch_id == asked.c.batch_id, AssociationConfirmation.class_id == asked.c.class_id
    )
    status = EssayAssociation.validation_status
    rows = await connection.execute(
        select(
            asked.c.batch_id,
            asked.c.class_id,
            SchoolClass.created_by_user_id,
            Course.course_code,
            func.count(AssociationConfirmation.event_id) > 0,
            func.count(EssayAssociation.essay_id),
            func.count(EssayAssociation.essay_id).filter(status.in_(CONFIRMED)),
            func.count(EssayAssociation.essay_id).filter(status == AssociationStatus.REJECTED),
            func.count(EssayAssociation.essay_id).filter(status == AssociationStatus.PENDING_VALIDATION),
        )
        .join_from(asked, SchoolClass, SchoolClass.id == asked.c.class_id)
        .join(Course, Course.id == SchoolClass.course_id)
        .join(EssayAssociation, _is_of(asked), isouter=True)
        .join(AssociationConfirmation, marked, isouter=True)
        .group_by(asked.c.nth, asked.c.batch_id, asked.c.class_id, SchoolClass.id, Course.id)
        .order_by(asked.c.nth)
    )
    return [Standing(Pair(batch_id, class_id), *rest) for batch_id, class_id, *rest in rows]


async def confirmed(connection: AsyncConnection, pairs: Sequence[Pair]) -> dict[Pair, list[ConfirmedAssociation]]:
    """A key for each pair; in the order of the list."""
    asked = _asked(pairs)
    rows = await connection.execute(
        select(
            asked.c.nth,
            EssayAssociation.essay_id,
            EssayAssociation.student_id,
            EssayAssociation.confidence_score,
            EssayAssociation.validation_method,
            EssayAssociation.validated_by,
            EssayAssociation.validated_at,
        )
        .join_from(asked, EssayAssociation, _is_of(asked))
        .where(EssayAssociation.validation_status.in_(CONFIRMED))
        .order_by(EssayAssociation.created_at, EssayAssociation.essay_id)
    )
    found: dict[Pair, list[ConfirmedAssociation]] = {pair: [] for pair in pairs}
    for nth, *association in rows:
        found[pairs[nth - 1]].append(ConfirmedAssociation(*association))
    return found


async def mark(connection: AsyncConnection, pairs: Sequence[Pair], event_ids: Sequence[UUID]) -> None:
    """Fails for a pair that is marked: under the batch's lock there is none."""
    rows = [{**pair._asdict(), "event_id": event_id} for pair, event_id in zip(pairs, event_ids, strict=True)]
    await connection.execute(insert(AssociationConfirmation), rows)


def _asked(pairs: Sequence[Pair]) -> FromClause:
    batch_ids, class_ids = [each.batch_id for each in pairs], [each.class_id for each in pairs]
    return given("asked", batch_id=(UUIDS, batch_ids), class_id=(UUIDS, class_ids))


def _is_of(asked: FromClause) -> ColumnElement[bool]:
    return and_(EssayAssociation.batch_id == asked.c.batch_id, EssayAssociation.class_id == asked.c.class_id)


def pairs_of(rows: Iterable[Row[UUID, UUID | None]]) -> list[Pair]:
    """Of batch ids and class ids; what has no class is left out."""
    return [Pair(batch_id, class_id) for batch_id, class_id in rows if class_id]
