"""The rows of a school, in the services' own table classes."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cms_service.contract import CourseCode
from cms_service.sorting import email_key, sort_key
from cms_service.tables import (
    AssociationConfirmation,
    BatchClass,
    ClassStudent,
    EssayAssociation,
    SchoolClass,
    Student,
)
from cms_service.tables import Base as CmsBase
from ras_service.tables import Base as RasBase
from ras_service.tables import BatchCount, BatchResult, EssayResult

Row = CmsBase | RasBase


@dataclass
class School:
    """`courses` tells each class's course: only the database knows the courses' ids."""

    courses: dict[UUID, CourseCode] = field(default_factory=dict)
    classes: list[SchoolClass] = field(default_factory=list)
    students: list[Student] = field(default_factory=list)
    memberships: list[ClassStudent] = field(default_factory=list)
    associations: list[EssayAssociation] = field(default_factory=list)
    batch_classes: list[BatchClass] = field(default_factory=list)
    confirmations: list[AssociationConfirmation] = field(default_factory=list)
    batches: list[BatchResult] = field(default_factory=list)
    essays: list[EssayResult] = field(default_factory=list)

    def cms_rows(self) -> list[list[CmsBase]]:
        """One list per table, in the order that foreign keys ask for."""
        return [
            [*self.classes],
            [*self.students],
            [*self.memberships],
            [*self.associations],
            [*self.batch_classes],
            [*self.confirmations],
        ]

    def ras_rows(self) -> list[list[RasBase]]:
        return [[*self.batches], [*self.essays], [*counts_of(self.batches)]]


def counts_of(batches: list[BatchResult]) -> list[BatchCount]:
    counted = Counter((each.user_id, each.state) for each in batches)
    return [BatchCount(user_id=user_id, state=state, n=n) for (user_id, state), n in counted.items()]


def columns_of(row: Row) -> tuple[str, ...]:
    """The columns that this row says, in the table's order; the database's defaults fill in the others."""
    return tuple(name for name in row.__table__.columns.keys() if name in vars(row))  # noqa: SIM118


def student(
    student_id: UUID, teacher: str, first_name: str, last_name: str, email: str | None = None, **more: Any
) -> Student:
    return Student(
        id=student_id,
        created_by_user_id=teacher,
        first_name=first_name,
        last_name=last_name,
        email=email,
        first_name_key=sort_key(first_name),
        last_name_key=sort_key(last_name),
        email_key=None if email is None else email_key(email),
        **more,
    )
