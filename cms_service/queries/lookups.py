"""CMS's reads by key: each one set-based statement, and a key for each id asked."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import (
    AssociationStatus,
    ClassById,
    ClassInfo,
    ClassInfoByBatch,
    Course,
    SchoolClass,
    Student,
    StudentByEssay,
    StudentById,
    ValidationStatus,
    ValidationStatusByBatch,
)
from cms_service.queries.class_of_batch import with_class
from cms_service.queries.shapes import CLASS, STUDENT, VISIBLE
from cms_service.tables import Course as CourseRow
from cms_service.tables import EssayAssociation
from cms_service.tables import SchoolClass as ClassRow
from cms_service.tables import Student as StudentRow
from kit.db import any_of
from kit.driver import Prepared

CONFIRMED = (AssociationStatus.CONFIRMED, AssociationStatus.TIMEOUT_CONFIRMED)
"""Only these tell who wrote an essay."""


async def courses(connection: AsyncConnection) -> list[Course]:
    rows = await connection.execute(
        select(CourseRow.course_code, CourseRow.name, CourseRow.language).order_by(CourseRow.course_code)
    )
    return [Course(*row) for row in rows]


async def class_info(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> ClassInfoByBatch:
    """Null is a batch without a class. Shared: a batch's id comes from an answer that was the user's own."""
    rows = await _CLASS_INFO.rows(connection, batch_ids=batch_ids)
    found = {batch_id: ClassInfo(class_id, name) for batch_id, class_id, name in rows}
    return {batch_id: found.get(batch_id) for batch_id in batch_ids}


def _class_info() -> Select[UUID, UUID, str]:
    given = func.unnest(bindparam("batch_ids", type_=ARRAY(Uuid)))
    asked = given.table_valued(column("batch_id", Uuid), name="asked").render_derived()
    batch_id = asked.c.batch_id
    return select(batch_id, ClassRow.id, ClassRow.name).select_from(with_class(asked, batch_id))


_CLASS_INFO = Prepared(_class_info())


async def validation_status(
    connection: AsyncConnection, batch_ids: Sequence[UUID], patience: timedelta
) -> ValidationStatusByBatch:
    """Null is a batch without associations. `patience`: how long one may be pending. Shared, as class-info is."""
    pending = EssayAssociation.validation_status == AssociationStatus.PENDING_VALIDATION
    rows = await connection.execute(
        select(
            EssayAssociation.batch_id,
            func.count().filter(pending),
            func.min(EssayAssociation.created_at).filter(pending),
            func.count(),
            func.count().filter(EssayAssociation.validation_status.in_(CONFIRMED)),
        )
        .where(EssayAssociation.batch_id == any_of(batch_ids))
        .group_by(EssayAssociation.batch_id)
    )
    found = {
        batch_id: ValidationStatus(deviations, earliest + patience if deviations else None, total, confirmed)
        for batch_id, deviations, earliest, total, confirmed in rows
    }
    return {batch_id: found.get(batch_id) for batch_id in batch_ids}


async def classes(connection: AsyncConnection, class_ids: Sequence[UUID], user_id: str | None) -> ClassById:
    """Null is a class that is not there, or not the user's."""
    theirs = [ClassRow.created_by_user_id == user_id] if user_id else []
    rows = await connection.execute(
        select(*CLASS)
        .join(CourseRow, CourseRow.id == ClassRow.course_id)
        .where(ClassRow.id == any_of(class_ids), *theirs)
    )
    found = {row.id: SchoolClass(*row) for row in rows}
    return {class_id: found.get(class_id) for class_id in class_ids}


async def students(connection: AsyncConnection, student_ids: Sequence[UUID], user_id: str | None) -> StudentById:
    """Null is a student who is not there, not the user's, or UNKNOWN."""
    theirs = [StudentRow.created_by_user_id == user_id] if user_id else []
    rows = await connection.execute(select(*STUDENT).where(StudentRow.id == any_of(student_ids), VISIBLE, *theirs))
    found = {row.id: Student(*row) for row in rows}
    return {student_id: found.get(student_id) for student_id in student_ids}


async def students_of_essays(
    connection: AsyncConnection, essay_ids: Sequence[UUID], user_id: str | None
) -> StudentByEssay:
    """Null is an essay of which nobody is confirmed, or of somebody who is not the user's, or UNKNOWN."""
    theirs = [StudentRow.created_by_user_id == user_id] if user_id else []
    rows = await connection.execute(
        select(EssayAssociation.essay_id, *STUDENT)
        .join_from(EssayAssociation, StudentRow, StudentRow.id == EssayAssociation.student_id)
        .where(
            EssayAssociation.essay_id == any_of(essay_ids),
            EssayAssociation.validation_status.in_(CONFIRMED),
            VISIBLE,
            *theirs,
        )
    )
    found = {essay_id: Student(*student) for essay_id, *student in rows}
    return {essay_id: found.get(essay_id) for essay_id in essay_ids}
