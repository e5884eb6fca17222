"""A teacher's students: every statement is scoped to the user, and none sees an UNKNOWN student."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import Student
from cms_service.queries.classes import STUDENT_KEYS
from cms_service.queries.shapes import CLASS_IDS, STUDENT, VISIBLE
from cms_service.sorting import email_key, sort_key
from cms_service.tables import ClassStudent
from cms_service.tables import Student as StudentRow
from kit.driver import Prepared
from kit.keyed import Page
from kit.listing import ListQuery
from kit.paging import Window

# Taken by a committed student; or by two that take each other's at once, where waiting would never end.
_TAKEN = {"23505", "40P01"}

# `owned` holds the classes until the transaction ends, so that none of them can go away meanwhile.
_CREATE = Prepared(
    text("""
    WITH owned AS (
        SELECT id FROM classes
        WHERE id = ANY(CAST(:class_ids AS uuid[])) AND created_by_user_id = :user_id
        FOR KEY SHARE
    ), made AS (
        INSERT INTO students (id, first_name, last_name, legal_full_name, email, first_name_key, last_name_key,
                              email_key, created_by_user_id)
        VALUES (:id, :first_name, :last_name, :legal_full_name, :email, :first_name_key, :last_name_key,
                :email_key, :user_id)
        ON CONFLICT (created_by_user_id, email_key) DO NOTHING
        RETURNING id, created_at
    ), joined AS (
        INSERT INTO class_student_association (class_id, student_id) SELECT owned.id, made.id FROM owned, made
    )
    SELECT (SELECT created_at FROM made) AS created_at, ARRAY(SELECT id FROM owned) AS owned
    """)
)


class EmailTakenError(Exception):
    """By another student of the same teacher."""


@dataclass(frozen=True, slots=True)
class Person:
    """`legal_full_name` is none where it is first and last name."""

    first_name: str
    last_name: str
    legal_full_name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class StoredStudent:
    person: Person
    class_ids: frozenset[UUID]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Created:
    """`at` is none when the e-mail address is taken; `owned` are those of the classes that are the user's."""

    at: datetime | None
    owned: frozenset[UUID]


_USER = bindparam("user_id", type_=Text)
_NAME, _EMAIL = bindparam("name", type_=Text), bindparam("email", type_=Text)

_OWN = select().select_from(StudentRow).where(StudentRow.created_by_user_id == _USER, VISIBLE)
_FOUND = _OWN.where(
    or_(
        func.starts_with(StudentRow.last_name_key, _NAME),
        func.starts_with(StudentRow.first_name_key, _NAME),
        func.starts_with(StudentRow.email_key, _EMAIL),
    )
)
_ALL_PAGES = ListQuery(_OWN, keys=STUDENT_KEYS, columns=STUDENT, item=Student)
_FOUND_PAGES = ListQuery(_FOUND, keys=STUDENT_KEYS, columns=STUDENT, item=Student)

_FIND = _OWN.with_only_columns(*STUDENT).where(StudentRow.id == bindparam("student_id", type_=Uuid))


async def page(connection: AsyncConnection, user_id: str, prefix: str, window: Window) -> Page[Student]:
    """Those whose last name, first name or e-mail address begins with the prefix; all for an empty one."""
    if not prefix:
        return await _ALL_PAGES.read(connection, window, user_id=user_id)
    keys = {"name": sort_key(prefix), "email": email_key(prefix)}
    return await _FOUND_PAGES.read(connection, window, user_id=user_id, **keys)


async def find(connection: AsyncConnection, user_id: str, student_id: UUID) -> Student | None:
    row = (await connection.execute(_FIND, {"user_id": user_id, "student_id": student_id})).one_or_none()
    return None if row is None else Student(*row)


async def create(
    connection: AsyncConnection, user_id: str, student_id: UUID, person: Person, class_ids: Sequence[UUID]
) -> Created:
    [(at, owned)] = await _CREATE.rows(
        connection, id=student_id, user_id=user_id, class_ids=class_ids, **_columns(person)
    )
    return Created(at, frozenset(owned))


async def lock(connection: AsyncConnection, user_id: str, student_id: UUID) -> StoredStudent | None:
    """Against other changes of the student. What follows from the lock must be read after it is held."""
    own = StudentRow.id == student_id, StudentRow.created_by_user_id == user_id, VISIBLE
    locked = await connection.scalar(select(StudentRow.id).where(*own).with_for_update(key_share=True))
    if locked is None:
        return None
    row = await connection.execute(
        select(
            StudentRow.first_name,
            StudentRow.last_name,
            StudentRow.legal_full_name,
            StudentRow.email,
            CLASS_IDS,
            StudentRow.created_at,
            StudentRow.updated_at,
        ).where(*own)
    )
    *names, class_ids, created_at, updated_at = row.one()
    return StoredStudent(Person(*names), frozenset(class_ids), created_at, updated_at)


async def change(connection: AsyncConnection, user_id: str, student_id: UUID, person: Person) -> datetime:
    """Answers when. Raises EmailTakenError, after which the transaction is no more good."""
    own = StudentRow.id == student_id, StudentRow.created_by_user_id == user_id, VISIBLE
    try:
        changed = await connection.scalar(
            update(StudentRow)
            .where(*own)
            .values(**_columns(person), updated_at=func.statement_timestamp())
            .returning(StudentRow.updated_at)
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _TAKEN:
            raise EmailTakenError from None
        raise
    assert isinstance(changed, datetime)
    return changed


async def join(connection: AsyncConnection, student_id: UUID, class_ids: Collection[UUID]) -> None:
    """Both must be held."""
    await connection.execute(
        insert(ClassStudent), [{"class_id": class_id, "student_id": student_id} for class_id in class_ids]
    )


async def leave(connection: AsyncConnection, student_id: UUID, class_ids: Collection[UUID]) -> None:
    await connection.execute(
        delete(ClassStudent).where(ClassStudent.student_id == student_id, ClassStudent.class_id.in_(class_ids))
    )


async def remove(connection: AsyncConnection, user_id: str, student_id: UUID) -> None:
    own = StudentRow.id == student_id, StudentRow.created_by_user_id == user_id, VISIBLE
    await connection.execute(delete(StudentRow).where(*own))


def _columns(person: Person) -> Mapping[str, Any]:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "legal_full_name": person.legal_full_name,
        "email": person.email,
        "first_name_key": sort_key(person.first_name),
        "last_name_key": sort_key(person.last_name),
        "email_key": person.email and email_key(person.email),
    }
