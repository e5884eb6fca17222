"""CMS's reads by key: each one set-based statement, and a key for each id asked."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, column, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

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
from kit.driver import Prepared, Reading
from kit.keyed import PARENTS, USER_ID
from kit.outgoing import outgoing

CONFIRMED = (AssociationStatus.CONFIRMED, AssociationStatus.TIMEOUT_CONFIRMED)
"""Only these tell who wrote an essay."""
IS_CONFIRMED = or_(*(EssayAssociation.validation_status == each for each in CONFIRMED))

_info, _validation = outgoing(ClassInfo), outgoing(ValidationStatus)
_class, _student = outgoing(SchoolClass), outgoing(Student)


async def courses(connection: Reading) -> list[Course]:
    return [Course(*row) for row in await _COURSES.rows(connection)]


_COURSES = Prepared(
    select(CourseRow.course_code, CourseRow.name, CourseRow.language).order_by(CourseRow.course_code), labels=False
)


async def class_info(connection: Reading, batch_ids: Sequence[UUID]) -> ClassInfoByBatch:
    """Null is a batch without a class. Shared: a batch's id comes from an answer that was the user's own."""
    rows = await _CLASS_INFO.rows(connection, batch_ids=batch_ids)
    found: ClassInfoByBatch = dict.fromkeys(batch_ids)
    for batch_id, class_id, name in rows:
        found[batch_id] = _info(class_id, name)
    return found


def _class_info() -> Select[UUID, UUID, str]:
    given = func.unnest(bindparam("batch_ids", type_=ARRAY(Uuid)))
    asked = given.table_valued(column("batch_id", Uuid), name="asked").render_derived()
    batch_id = asked.c.batch_id
    return select(batch_id, ClassRow.id, ClassRow.name).select_from(with_class(asked, batch_id))


_CLASS_INFO = Prepared(_class_info())


async def validation_status(
    connection: Reading, batch_ids: Sequence[UUID], patience: timedelta
) -> ValidationStatusByBatch:
    """Null is a batch without associations. `patience`: how long one may be pending. Shared, as class-info is."""
    rows = await _VALIDATION.rows(connection, parents=batch_ids)
    found: ValidationStatusByBatch = dict.fromkeys(batch_ids)
    for batch_id, deviations, earliest, total, confirmed in rows:
        found[batch_id] = _validation(deviations, earliest + patience if deviations else None, total, confirmed)
    return found


_PENDING = EssayAssociation.validation_status == AssociationStatus.PENDING_VALIDATION
_VALIDATION = Prepared(
    select(
        EssayAssociation.batch_id,
        func.count().filter(_PENDING),
        func.min(EssayAssociation.created_at).filter(_PENDING),
        func.count(),
        func.count().filter(IS_CONFIRMED),
    )
    .where(EssayAssociation.batch_id == PARENTS)
    .group_by(EssayAssociation.batch_id)
)


async def classes(connection: Reading, class_ids: Sequence[UUID], user_id: str | None) -> ClassById:
    """Null is a class that is not there, or not the user's."""
    rows = await _classes(user_id is not None).rows(connection, parents=class_ids, user_id=user_id)
    found: ClassById = dict.fromkeys(class_ids)
    for row in rows:
        found[row[0]] = _class(*row)
    return found


@cache
def _classes(scoped: bool) -> Prepared:
    found = select(*CLASS).join(CourseRow, CourseRow.id == ClassRow.course_id).where(ClassRow.id == PARENTS)
    return Prepared(found.where(*theirs(ClassRow.created_by_user_id, scoped=scoped)), labels=False)


async def students(connection: Reading, student_ids: Sequence[UUID], user_id: str | None) -> StudentById:
    """Null is a student who is not there, not the user's, or UNKNOWN."""
    rows = await _students(user_id is not None).rows(connection, parents=student_ids, user_id=user_id)
    found: StudentById = dict.fromkeys(student_ids)
    for row in rows:
        found[row[0]] = _student(*row)
    return found


@cache
def _students(scoped: bool) -> Prepared:
    found = select(*STUDENT).where(StudentRow.id == PARENTS, VISIBLE)
    return Prepared(found.where(*theirs(StudentRow.created_by_user_id, scoped=scoped)))


async def students_of_essays(connection: Reading, essay_ids: Sequence[UUID], user_id: str | None) -> StudentByEssay:
    """Null is an essay of which nobody is confirmed, or of somebody who is not the user's, or UNKNOWN."""
    rows = await _students_of_essays(user_id is not None).rows(connection, parents=essay_ids, user_id=user_id)
    found: StudentByEssay = dict.fromkeys(essay_ids)
    for row in rows:
        found[row[0]] = _student(*row[1:])
    return found


@cache
def _students_of_essays(scoped: bool) -> Prepared:
    found = (
        select(EssayAssociation.essay_id, *STUDENT)
        .join_from(EssayAssociation, StudentRow, StudentRow.id == EssayAssociation.student_id)
        .where(EssayAssociation.essay_id == PARENTS, IS_CONFIRMED, VISIBLE)
    )
    return Prepared(found.where(*theirs(StudentRow.created_by_user_id, scoped=scoped)))


def theirs(owner: InstrumentedAttribute[str] | ColumnElement[str], *, scoped: bool) -> list[ColumnElement[bool]]:
    return [owner == USER_ID] if scoped else []
