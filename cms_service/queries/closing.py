"""What a class or a student that is deleted leaves behind in associations."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.queries.placeholders import of_class
from cms_service.queries.settling import Pair, pairs_of
from cms_service.queries.shapes import VISIBLE
from cms_service.tables import EssayAssociation, SchoolClass, Student


async def batches_of_class(connection: AsyncConnection, class_id: UUID, user_id: str) -> Collection[UUID]:
    return await _batches(connection, EssayAssociation.class_id == class_id, user_id)


async def batches_of_student(connection: AsyncConnection, student_id: UUID, user_id: str) -> Collection[UUID]:
    return await _batches(connection, EssayAssociation.student_id == student_id, user_id)


async def _batches(connection: AsyncConnection, of: ColumnElement[bool], user_id: str) -> Collection[UUID]:
    own = EssayAssociation.created_by_user_id == user_id
    return (await connection.scalars(select(EssayAssociation.batch_id).where(of, own).distinct())).all()


async def lock_class(connection: AsyncConnection, class_id: UUID, user_id: str) -> bool:
    """Until this transaction ends nothing can be added to the class. False when it is not there, or not the user's."""
    own = SchoolClass.id == class_id, SchoolClass.created_by_user_id == user_id
    return bool(await connection.scalar(select(SchoolClass.id).where(*own).with_for_update()))


async def lock_student(connection: AsyncConnection, student_id: UUID, user_id: str) -> bool:
    """As `lock_class`; an UNKNOWN student is not there."""
    own = Student.id == student_id, Student.created_by_user_id == user_id, VISIBLE
    return bool(await connection.scalar(select(Student.id).where(*own).with_for_update()))


async def reject_pending(connection: AsyncConnection, class_id: UUID, user_id: str) -> list[Pair]:
    """Answers the batches and classes of what is rejected."""
    rejected = await connection.execute(
        update(EssayAssociation)
        .where(
            EssayAssociation.class_id == class_id,
            EssayAssociation.validation_status == AssociationStatus.PENDING_VALIDATION,
        )
        .values(
            validation_status=AssociationStatus.REJECTED,
            validation_method=AssociationMethod.AUTO,
            validated_by=user_id,
            validated_at=func.statement_timestamp(),
        )
        .returning(EssayAssociation.batch_id, EssayAssociation.class_id)
    )
    return pairs_of(rejected)


async def delete_placeholder(connection: AsyncConnection, class_id: UUID, user_id: str) -> None:
    """What was given to the class's UNKNOWN student is nobody's."""
    placeholder = of_class(class_id, user_id)
    await connection.execute(
        update(EssayAssociation).where(EssayAssociation.student_id.in_(placeholder)).values(student_id=None)
    )
    await connection.execute(delete(Student).where(Student.id.in_(placeholder)))


async def delete_associations(connection: AsyncConnection, student_id: UUID) -> list[Pair]:
    """Answers the batches and classes of what is deleted."""
    deleted = await connection.execute(
        delete(EssayAssociation)
        .where(EssayAssociation.student_id == student_id)
        .returning(EssayAssociation.batch_id, EssayAssociation.class_id)
    )
    return pairs_of(deleted)
