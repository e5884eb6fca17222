"""The UNKNOWN student of a class, who stands for a student that nobody named."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.queries.given import TEXTS, given
from cms_service.sorting import email_key, sort_key
from cms_service.tables import ClassStudent, SchoolClass, Student
from kit.db import any_of

_FIRST_NAME, _LAST_NAME = "UNKNOWN", "STUDENT"


def _email(class_id: UUID) -> str:
    return f"unknown.{class_id}@huleedu.system"


def of_class(class_id: UUID, user_id: str) -> Select[UUID]:
    """`user_id`: whose the class is."""
    key = email_key(_email(class_id))
    return select(Student.id).where(
        Student.created_by_user_id == user_id, Student.email_key == key, Student.is_placeholder
    )


async def placeholders(connection: AsyncConnection, class_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The UNKNOWN student of each class, made when there is none; another transaction may be making it, too."""
    rows = await connection.execute(
        select(SchoolClass.id, SchoolClass.created_by_user_id)
        .where(SchoolClass.id == any_of(class_ids))
        .order_by(SchoolClass.id)
    )
    owners = {row.id: row.created_by_user_id for row in rows}
    await connection.execute(insert(Student).values([_row(*each) for each in owners.items()]).on_conflict_do_nothing())
    found = await _found(connection, owners)
    members = [{"class_id": class_id, "student_id": student_id} for class_id, student_id in found.items()]
    await connection.execute(insert(ClassStudent).values(members).on_conflict_do_nothing())
    return found


async def _found(connection: AsyncConnection, owners: dict[UUID, str]) -> dict[UUID, UUID]:
    by_key = {email_key(_email(class_id)): class_id for class_id in owners}
    asked = given("asked", owner=(TEXTS, list(owners.values())), key=(TEXTS, list(by_key)))
    rows = await connection.execute(
        select(Student.email_key, Student.id)
        .join_from(asked, Student, Student.email_key == asked.c.key)
        .where(Student.created_by_user_id == asked.c.owner, Student.is_placeholder)
    )
    return {by_key[key]: student_id for key, student_id in rows if key}


def _row(class_id: UUID, owner: str) -> dict[str, Any]:
    email = _email(class_id)
    return {
        "id": uuid4(),
        "first_name": _FIRST_NAME,
        "last_name": _LAST_NAME,
        "email": email,
        "first_name_key": sort_key(_FIRST_NAME),
        "last_name_key": sort_key(_LAST_NAME),
        "email_key": email_key(email),
        "is_placeholder": True,
        "created_by_user_id": owner,
    }
