"""What RAS says on the wire. Consumers read it by these very classes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

MAX_IDS = 1000
"""Ids that one POST takes."""

IdText = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
"""A text, so that the answer to malformed ids can list them all."""


class BatchStatus(StrEnum):
    PENDING_CONTENT = "pending_content"
    READY = "ready"
    PROCESSING = "processing"
    COMPLETED_SUCCESSFULLY = "completed_successfully"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchType(StrEnum):
    REGULAR = "regular"
    GUEST = "guest"


class PhaseName(StrEnum):
    STUDENT_MATCHING = "student_matching"
    SPELLCHECK = "spellcheck"
    NLP = "nlp"
    CJ_ASSESSMENT = "cj_assessment"
    AI_FEEDBACK = "ai_feedback"


class ProcessingStage(StrEnum):
    PENDING = "pending"
    INITIALIZED = "initialized"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Include(StrEnum):
    """What a list of batches may carry beside them."""

    ESSAYS = "essays"


class UpdateType(StrEnum):
    BATCH_STATUS_UPDATED = "batch_status_updated"
    BATCH_RESULTS_READY = "batch_results_ready"


@dataclass
class BatchStatusUpdated:
    """A live update: enough to patch a batch where it is shown."""

    batch_id: UUID
    status: BatchStatus
    processing_phase: PhaseName | None
    total_essays: int
    completed_essays: int
    failed_essays: int
    completed_at: datetime | None


@dataclass
class BatchResultsReady:
    """A live update, once per batch."""

    batch_id: UUID
    status: BatchStatus


@dataclass
class Batch:
    batch_id: UUID
    user_id: str
    assignment_id: str | None
    title: str | None
    batch_type: BatchType
    overall_status: BatchStatus
    current_phase: PhaseName | None
    requested_pipelines: list[PhaseName]
    essay_count: int
    completed_essay_count: int
    failed_essay_count: int
    created_at: datetime
    updated_at: datetime
    processing_started_at: datetime | None
    processing_completed_at: datetime | None


@dataclass
class PhaseResult:
    stage: ProcessingStage
    error: str | None


@dataclass
class Stages:
    spellcheck: PhaseResult
    nlp: PhaseResult
    cj_assessment: PhaseResult
    ai_feedback: PhaseResult


@dataclass
class Essay:
    essay_id: UUID
    batch_id: UUID
    filename: str | None
    stages: Stages
    spellcheck_correction_count: int | None
    cj_rank: int | None
    cj_score: float | None
    letter_grade: str | None
    confidence_score: float | None
    confidence_label: str | None
    updated_at: datetime


@dataclass
class BatchWithEssays(Batch):
    """`essays` in the order in which they were registered."""

    essays: list[Essay]


@dataclass
class Pagination:
    """`total` counts the whole list; `next` is the cursor of the last item when more follow."""

    limit: int
    offset: int
    total: int
    next: str | None


@dataclass
class BatchPage:
    """`cursors`, one per batch, is there when it was asked for."""

    batches: list[Batch]
    pagination: Pagination
    cursors: list[str] | UnsetType = UNSET


@dataclass
class BatchPageWithEssays:
    batches: list[BatchWithEssays]
    pagination: Pagination
    cursors: list[str] | UnsetType = UNSET


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
class EssayIds:
    essay_ids: list[IdText] = field(default_factory=list)


@dataclass
class BatchPages(BatchIds):
    """The first essays of each, or those after the cursor: it holds a position alone, so it applies to each alike."""

    first: Annotated[int, Meta(ge=1, le=100)] = 20
    after: str | None = None


BatchById = dict[UUID, Batch | None]
EssayById = dict[UUID, Essay | None]
EssaysByBatch = dict[UUID, KeyedPage[Essay]]
