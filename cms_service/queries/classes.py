"""A teacher's classes: every statement is scoped to the user."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import CourseCode, SchoolClass, Student
from cms_service.queries.pages import StudentKey
from cms_service.queries.shapes import CLASS, STUDENT, STUDENT_COUNT, VISIBLE
from cms_service.tables import ClassStudent, Course
from cms_service.tables import SchoolClass as ClassRow
from cms_service.tables import Student as StudentRow
from kit.db import any_of
from kit.keyed import Page
from kit.listing import ListQuery
from kit.paging import Window

STUDENT_KEYS = tuple(getattr(StudentRow, name) for name in StudentKey._fields)


class ClassKey(NamedTuple):
    """What classes are sorted by, newest first."""

    created_at: datetime
    id: UUID


class StoredClass(NamedTuple):
    name: str
    course_code: CourseCode


_USER, _CLASS = bindparam("user_id", type_=Text), bindparam("class_id", type_=Uuid)

_CLASSES = ListQuery(
    select()
    .select_from(ClassRow)
    .join(Course, Course.id == ClassRow.course_id)
    .where(ClassRow.created_by_user_id == _USER),
    keys=(ClassRow.created_at, ClassRow.id),
    columns=CLASS,
    item=SchoolClass,
    newest_first=True,
)

_ROSTER = ListQuery(
    select()
    .select_from(ClassStudent)
    .join(StudentRow, StudentRow.id == ClassStudent.student_id)
    .join(ClassRow, ClassRow.id == ClassStudent.class_id)
    .where(ClassStudent.class_id == _CLASS, ClassRow.created_by_user_id == _USER, VISIBLE),
    keys=STUDENT_KEYS,
    columns=STUDENT,
    item=Student,
)

_FIND = (
    select(*CLASS)
    .join(Course, Course.id == ClassRow.course_id)
    .where(ClassRow.id == _CLASS, ClassRow.created_by_user_id == _USER)
)


async def page(connection: AsyncConnection, user_id: str, window: Window) -> Page[SchoolClass]:
    return await _CLASSES.read(connection, window, user_id=user_id)


async def roster(connection: AsyncConnection, user_id: str, class_id: UUID, window: Window) -> Page[Student]:
    """Empty for a class that is not the user's."""
    return await _ROSTER.read(connection, window, user_id=user_id, class_id=class_id)


async def find(connection: AsyncConnection, user_id: str, class_id: UUID) -> SchoolClass | None:
    row = (await connection.execute(_FIND, {"user_id": user_id, "class_id": class_id})).one_or_none()
    return None if row is None else SchoolClass(*row)


async def is_there(connection: AsyncConnection, user_id: str, class_id: UUID) -> bool:
    own = ClassRow.id == class_id, ClassRow.created_by_user_id == user_id
    return bool(await connection.scalar(select(ClassRow.id).where(*own)))


async def keep(connection: AsyncConnection, user_id: str, class_ids: Sequence[UUID]) -> set[UUID]:
    """Those that are the user's. They cannot be deleted before this transaction ends."""
    rows = await connection.scalars(
        select(ClassRow.id)
        .where(ClassRow.id == any_of(class_ids), ClassRow.created_by_user_id == user_id)
        .with_for_update(read=True, key_share=True)
    )
    return set(rows)


async def create(
    connection: AsyncConnection, user_id: str, class_id: UUID, name: str, course_code: CourseCode
) -> datetime:
    """Answers when."""
    course_id = select(Course.id).where(Course.course_code == course_code).scalar_subquery()
    values = {"id": class_id, "name": name, "created_by_user_id": user_id, "course_id": course_id}
    made = await connection.scalar(insert(ClassRow).values(values).returning(ClassRow.created_at))
    assert isinstance(made, datetime)
    return made


async def lock(connection: AsyncConnection, user_id: str, class_id: UUID) -> StoredClass | None:
    """Against other changes of the class; students may be added to it meanwhile."""
    row = await connection.execute(
        select(ClassRow.name, Course.course_code)
        .join(Course, Course.id == ClassRow.course_id)
        .where(ClassRow.id == class_id, ClassRow.created_by_user_id == user_id)
        .with_for_update(key_share=True, of=ClassRow)
    )
    found = row.one_or_none()
    return found and StoredClass(*found)


async def change(connection: AsyncConnection, user_id: str, class_id: UUID, to: StoredClass) -> SchoolClass:
    course_id = select(Course.id).where(Course.course_code == to.course_code).scalar_subquery()
    row = await connection.execute(
        update(ClassRow)
        .where(ClassRow.id == class_id, ClassRow.created_by_user_id == user_id)
        .values(name=to.name, course_id=course_id, updated_at=func.statement_timestamp())
        .returning(STUDENT_COUNT, ClassRow.created_at, ClassRow.updated_at)
    )
    return SchoolClass(class_id, to.name, to.course_code, *row.one())


async def remove(connection: AsyncConnection, user_id: str, class_id: UUID) -> None:
    """Its associations and its students stay, without it."""
    await connection.execute(delete(ClassRow).where(ClassRow.id == class_id, ClassRow.created_by_user_id == user_id))
