"""Who wrote which essay, as teachers see and settle it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from cms_service.contract.records import Pagination, StudentAssociation
from cms_service.contract.roster import UuidText
from cms_service.contract.vocabulary import MAX_IDS


@dataclass
class AssociationPage:
    """`cursors`, one per association, is there when it was asked for."""

    associations: list[StudentAssociation]
    pagination: Pagination
    cursors: list[str] | UnsetType = UNSET


@dataclass
class AssociationDecision:
    """`student_id` is who wrote the essay: required when confirmed, ignored otherwise."""

    essay_id: UuidText
    confirmed: bool
    student_id: UuidText | None = None


@dataclass
class AssociationDecisions:
    """One for each essay; those of other essays stay as they are."""

    associations: Annotated[list[AssociationDecision], Meta(max_length=MAX_IDS)]


@dataclass
class AssociationCounts:
    """Of a batch; those that were confirmed for want of an answer count as confirmed."""

    confirmed: int
    rejected: int
    pending: int


@dataclass
class ConfirmationRequired:
    """`pending` associations of the batch wait for the teacher; the earliest until `deadline`."""

    batch_id: UUID
    pending: int
    deadline: datetime


@dataclass
class AssociationsSettled:
    """Of a batch and class."""

    batch_id: UUID
    class_id: UUID
    confirmed: int
    rejected: int
