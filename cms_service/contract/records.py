"""Courses, classes, students and associations as they go out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cms_service.contract.vocabulary import AssociationMethod, AssociationStatus, CourseCode, Language


@dataclass
class Course:
    course_code: CourseCode
    name: str
    language: Language


@dataclass
class Courses:
    courses: list[Course]


@dataclass
class ClassInfo:
    class_id: UUID
    class_name: str


@dataclass
class SchoolClass:
    """`student_count` leaves the UNKNOWN student out."""

    id: UUID
    name: str
    course_code: CourseCode
    student_count: int
    created_at: datetime
    updated_at: datetime


@dataclass
class Student:
    """`legal_full_name` is first and last name where none was given."""

    id: UUID
    first_name: str
    last_name: str
    legal_full_name: str
    email: str | None
    class_ids: list[UUID]
    created_at: datetime
    updated_at: datetime


@dataclass
class StudentAssociation:
    """Without a class, that class is gone; without a student too, nobody is known to have written the essay."""

    essay_id: UUID
    batch_id: UUID
    class_id: UUID | None
    student_id: UUID | None
    confidence_score: float | None
    match_reasons: list[str]
    validation_status: AssociationStatus
    validation_method: AssociationMethod | None
    validated_by: str | None
    validated_at: datetime | None
    created_at: datetime


@dataclass
class Pagination:
    """`total` counts the whole list; `next` is the cursor of the last item when more follow."""

    limit: int
    offset: int
    total: int
    next: str | None
