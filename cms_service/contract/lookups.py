"""What other services read, by key."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from cms_service.contract.records import ClassInfo, SchoolClass, Student, StudentAssociation

T = TypeVar("T")

IdText = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
"""A text, so that the answer to malformed ids can list them all."""


@dataclass
class ValidationStatus:
    """`deviation_count` associations wait for the teacher; the earliest is confirmed for them at the deadline."""

    deviation_count: int
    auto_confirm_deadline: datetime | None
    total_associations: int
    confirmed_associations: int


@dataclass
class WrittenEssay:
    essay_id: UUID
    batch_id: UUID


@dataclass
class KeyedPage(Generic[T]):
    """`total` ignores `after`; `next` is the cursor of the last item when more follow.

    `cursors`, one per item, is there when it was asked for.
    """

    items: list[T]
    total: int
    next: str | None
    cursors: list[str] | UnsetType = UNSET


@dataclass
class BatchIds:
    batch_ids: list[IdText] = field(default_factory=list)


@dataclass
class ClassIds:
    class_ids: list[IdText] = field(default_factory=list)


@dataclass
class StudentIds:
    student_ids: list[IdText] = field(default_factory=list)


@dataclass
class EssayIds:
    essay_ids: list[IdText] = field(default_factory=list)


@dataclass
class PageOfEach:
    """The first items of each, or those after the cursor: it holds sort keys alone, so it applies to each alike."""

    first: Annotated[int, Meta(ge=1, le=100)] = 20
    after: str | None = None


@dataclass
class BatchPages(PageOfEach, BatchIds):
    pass


@dataclass
class ClassPages(PageOfEach, ClassIds):
    pass


@dataclass
class StudentPages(PageOfEach, StudentIds):
    pass


ClassInfoByBatch = dict[UUID, ClassInfo | None]
ValidationStatusByBatch = dict[UUID, ValidationStatus | None]
ClassById = dict[UUID, SchoolClass | None]
StudentById = dict[UUID, Student | None]
StudentByEssay = dict[UUID, Student | None]
RosterByClass = dict[UUID, KeyedPage[Student]]
BatchIdsByClass = dict[UUID, KeyedPage[UUID]]
EssaysByStudent = dict[UUID, KeyedPage[WrittenEssay]]
AssociationsByBatch = dict[UUID, KeyedPage[StudentAssociation]]
