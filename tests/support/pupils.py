"""Students for tests, and who goes to which class."""

from typing import Any
from uuid import UUID, uuid4

from cms_service.sorting import email_key, sort_key
from cms_service.tables import ClassStudent, Student
from tests.support.databases import RolledBack
from tests.support.given import NOON, TEACHER


def student(first_name: str = "Åsa", last_name: str = "Öberg", **changes: Any) -> Student:
    """With the sort keys of its names and address."""
    email = changes.get("email")
    values: dict[str, Any] = {
        "id": uuid4(),
        "first_name": first_name,
        "last_name": last_name,
        "first_name_key": sort_key(first_name),
        "last_name_key": sort_key(last_name),
        "email_key": email_key(email) if email else None,
        "created_by_user_id": TEACHER,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Student(**values | changes)


def unknown_student(class_id: UUID, **changes: Any) -> Student:
    """The UNKNOWN student of the class."""
    email = f"unknown.{class_id}@huleedu.system"
    return student("UNKNOWN", "STUDENT", **{"email": email, "is_placeholder": True} | changes)


async def enrol(cms: RolledBack, class_id: UUID, *students: Student) -> None:
    """Stores students that are not stored yet, as members of the class."""
    await cms.add(*students)
    await cms.add(*(ClassStudent(class_id=class_id, student_id=each.id) for each in students))
