"""CMS's events: what it publishes, and what it reads of those that it consumes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from cms_service.contract import AssociationMethod, CourseCode
from kit.events.outbox import Outbox

OUTBOX = Outbox("class_management_service")


def subscribers(ras_base_url: str) -> Mapping[str, Sequence[str]]:
    """Who is told by HTTP, unless the settings say otherwise."""
    return {ASSOCIATIONS_CONFIRMED: [f"{ras_base_url.rstrip('/')}/internal/v1/events"]}


# published, of classes and students

CLASS_CREATED = "huleedu.class.created.v1"
CLASS_UPDATED = "huleedu.class.updated.v1"
CLASS_DELETED = "huleedu.class.deleted.v1"
STUDENT_CREATED = "huleedu.class.student.created.v1"
STUDENT_UPDATED = "huleedu.class.student.updated.v1"
STUDENT_DELETED = "huleedu.class.student.deleted.v1"


@dataclass
class ClassDescribed:
    """Created or updated. `course_codes` has one."""

    class_id: UUID
    class_designation: str
    course_codes: list[CourseCode]
    user_id: str


@dataclass
class ClassDeleted:
    class_id: UUID
    user_id: str


@dataclass
class StudentDescribed:
    """Created or updated."""

    student_id: UUID
    first_name: str
    last_name: str
    student_email: str | None
    class_ids: list[UUID]
    user_id: str


@dataclass
class StudentDeleted:
    student_id: UUID
    user_id: str


# published, of who wrote what

ASSOCIATIONS_CONFIRMED = "huleedu.class.student.associations.confirmed.v1"


@dataclass
class ConfirmedAssociation:
    """The student may be the class's UNKNOWN one."""

    essay_id: UUID
    student_id: UUID | None
    confidence_score: float | None
    validation_method: AssociationMethod | None
    validated_by: str | None
    validated_at: datetime | None


@dataclass
class ValidationSummary:
    total_associations: int
    confirmed: int
    rejected: int


@dataclass
class StudentAssociationsConfirmed:
    """No association of the batch and class is pending any more; `associations` are the confirmed ones.

    `timeout_triggered`: the last of them waited too long for the teacher.
    """

    batch_id: UUID
    class_id: UUID
    course_code: CourseCode
    timeout_triggered: bool
    associations: list[ConfirmedAssociation]
    validation_summary: ValidationSummary


# end of published

# consumed: only the fields that are read here, so that producers may add to the others

BATCH_ESSAYS_REGISTERED = "huleedu.batch.essays.registered.v1"
AUTHOR_MATCHES_SUGGESTED = "huleedu.batch.author.matches.suggested.v1"

UserId = Annotated[str, Meta(pattern=r"^(?!\.{1,2}\Z)[A-Za-z0-9_.:|@-]{1,128}\Z")]
Score = Annotated[float, Meta(ge=0, le=1)]
# PostgreSQL's text has no NUL.
Reason = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]


@dataclass
class BatchEssaysRegistered:
    """Without a class it is a guest's batch."""

    batch_id: UUID
    user_id: UserId
    class_id: UUID | None = None


@dataclass
class SuggestedStudent:
    student_id: UUID
    confidence_score: Score | None = None
    match_reasons: list[Reason] = field(default_factory=list)


@dataclass
class EssayMatches:
    essay_id: UUID
    suggestions: list[SuggestedStudent] = field(default_factory=list)


@dataclass
class AuthorMatchesSuggested:
    batch_id: UUID
    class_id: UUID
    match_results: list[EssayMatches]


# end of consumed
