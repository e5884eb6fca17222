"""Classes and students: what a teacher makes of them."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from cms_service.contract.records import Pagination, SchoolClass, Student
from cms_service.contract.vocabulary import CourseCode

_NAME = {"refusal": "must be text of 1 to 100 characters, not all of them blank, without NUL"}
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\s*[^\s\x00][^\x00]*$", extra=_NAME)]
"""Stored without the blanks around it."""

_LEGAL_NAME = {"refusal": "must be text of 1 to 255 characters, not all of them blank, without NUL"}
LegalName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^\s*[^\s\x00][^\x00]*$", extra=_LEGAL_NAME)]

_LOCAL = r"""[^\s@<>()\[\]\\,;:"\x00-\x1f\x7f]{1,64}"""
# Latin letters without the long s, which is an s to whoever ignores case, as in the reserved domain.
_LETTER = r"A-Za-z0-9\u00c0-\u017e\u0180-\u024f"
_DOMAIN = rf"(?:[{_LETTER}][{_LETTER}-]*\.)+[A-Za-z\u00c0-\u017e\u0180-\u024f][{_LETTER}-]+"
_RESERVED = r"[hH][uU][lL][eE][eE][dD][uU]\.[sS][yY][sS][tT][eE][mM]\s*$"
_EMAIL = {"refusal": "must be an e-mail address of at most 254 characters, and none of huleedu.system"}
Email = Annotated[
    str, Meta(min_length=6, max_length=254, pattern=rf"^\s*{_LOCAL}@(?!{_RESERVED}){_DOMAIN}\s*$", extra=_EMAIL)
]
"""Unique among a teacher's students, whatever its case."""

_UUID = r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$(?!\n)"
UuidText = Annotated[
    str, Meta(pattern=_UUID, extra={"refusal": "must be a UUID"}, extra_json_schema={"format": "uuid"})
]

_ONE_COURSE = {"refusal": "must be a list of one course code: there is one course per class"}
OneCourse = Annotated[list[CourseCode], Meta(min_length=1, max_length=1, extra=_ONE_COURSE)]
"""A list for the sake of old clients."""

MAX_CLASSES = 20
"""Of one student."""
MAX_SEARCH = 100
"""Characters that students are searched by."""


@dataclass
class NewClass:
    name: Name
    course_codes: OneCourse


@dataclass
class ClassChanges:
    """What is absent or null stays as it is."""

    name: Name | None = None
    course_codes: OneCourse | None = None


@dataclass
class PersonName:
    """Without `legal_full_name` it is first and last name."""

    first_name: Name
    last_name: Name
    legal_full_name: LegalName | None = None


@dataclass
class NewStudent:
    person_name: PersonName
    email: Email | None = None
    class_ids: list[UuidText] | None = None


@dataclass
class PersonNameChanges:
    """What is absent stays as it is; null clears `legal_full_name`, and leaves the others."""

    first_name: Name | None = None
    last_name: Name | None = None
    legal_full_name: LegalName | UnsetType | None = UNSET


@dataclass
class StudentChanges:
    """What is absent stays as it is; null clears `email`, and leaves the others.

    `class_ids` replaces the classes; those to add and to remove are then added and removed.
    """

    person_name: PersonNameChanges | None = None
    email: Email | UnsetType | None = UNSET
    class_ids: list[UuidText] | None = None
    add_class_ids: list[UuidText] | None = None
    remove_class_ids: list[UuidText] | None = None


@dataclass
class ClassPage:
    """`cursors`, one per class, is there when it was asked for."""

    classes: list[SchoolClass]
    pagination: Pagination
    cursors: list[str] | UnsetType = UNSET


@dataclass
class StudentPage:
    """`cursors`, one per student, is there when it was asked for."""

    students: list[Student]
    pagination: Pagination
    cursors: list[str] | UnsetType = UNSET


@dataclass
class ClassCreated:
    """An update's payload."""

    class_id: UUID
    name: str


@dataclass
class StudentAddedToClass:
    """An update's payload."""

    class_id: UUID
    student_id: UUID
