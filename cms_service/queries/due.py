"""Associations that have been pending for too long."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.queries.given import UUIDS, given
from cms_service.queries.settling import Pair, pairs_of
from cms_service.tables import EssayAssociation

TIMEOUT_USER = "SYSTEM_TIMEOUT"


def _due(patience: timedelta) -> ColumnElement[bool]:
    """Of a class: what is of none has no UNKNOWN student, and its class's deletion has left nothing pending."""
    return and_(
        EssayAssociation.validation_status == AssociationStatus.PENDING_VALIDATION,
        EssayAssociation.created_at < func.now() - patience,
        EssayAssociation.class_id.is_not(None),
    )


def _nobody(least_score: float) -> ColumnElement[bool]:
    """Associations whose student is not believed."""
    score = func.coalesce(EssayAssociation.confidence_score, -1)
    return or_(score < least_score, EssayAssociation.student_id.is_(None))


async def due_batches(connection: AsyncConnection, patience: timedelta) -> Sequence[UUID]:
    """Those that have waited longest first."""
    rows = await connection.scalars(
        select(EssayAssociation.batch_id)
        .where(_due(patience))
        .group_by(EssayAssociation.batch_id)
        .order_by(func.min(EssayAssociation.created_at), EssayAssociation.batch_id)
    )
    return rows.all()


async def classes_with_nobody(
    connection: AsyncConnection, batch_id: UUID, patience: timedelta, least_score: float
) -> Sequence[UUID]:
    """The classes of the batch whose UNKNOWN student is needed."""
    rows = await connection.scalars(
        select(EssayAssociation.class_id)
        .where(EssayAssociation.batch_id == batch_id, _due(patience), _nobody(least_score))
        .distinct()
    )
    return [class_id for class_id in rows if class_id]


async def time_out(
    connection: AsyncConnection,
    batch_id: UUID,
    patience: timedelta,
    least_score: float,
    placeholders: Mapping[UUID, UUID],
) -> list[Pair]:
    """Confirms what is due; `placeholders`: student by class. Answers the batch and class of each association."""
    unknown = given("unknown", class_id=(UUIDS, list(placeholders)), student_id=(UUIDS, list(placeholders.values())))
    of_class = select(unknown.c.student_id).where(unknown.c.class_id == EssayAssociation.class_id).scalar_subquery()
    changed = await connection.execute(
        update(EssayAssociation)
        .where(EssayAssociation.batch_id == batch_id, _due(patience))
        .values(
            student_id=case((_nobody(least_score), of_class), else_=EssayAssociation.student_id),
            validation_status=AssociationStatus.TIMEOUT_CONFIRMED,
            validation_method=AssociationMethod.TIMEOUT,
            validated_by=TIMEOUT_USER,
            validated_at=func.statement_timestamp(),
        )
        .returning(EssayAssociation.batch_id, EssayAssociation.class_id)
    )
    return pairs_of(changed)
