"""The hand-typed models of the backend-for-frontend: what it reads of its upstreams, and what it answers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, TypeAdapter


class BatchStatus(StrEnum):
    PENDING_CONTENT = "pending_content"
    READY = "ready"
    PROCESSING = "processing"
    COMPLETED_SUCCESSFULLY = "completed_successfully"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProcessingPhase(StrEnum):
    STUDENT_MATCHING = "student_matching"
    SPELLCHECK = "spellcheck"
    NLP = "nlp"
    CJ_ASSESSMENT = "cj_assessment"
    AI_FEEDBACK = "ai_feedback"


class RasBatch(BaseModel):
    batch_id: UUID
    title: str | None
    overall_status: BatchStatus
    current_phase: ProcessingPhase | None
    essay_count: int
    completed_essay_count: int
    failed_essay_count: int
    created_at: datetime
    processing_completed_at: datetime | None


class RasPagination(BaseModel):
    limit: int
    offset: int
    total: int


class RasBatches(BaseModel):
    batches: list[RasBatch]
    pagination: RasPagination


class CmsClassInfo(BaseModel):
    class_id: UUID
    class_name: str


CMS_CLASS_INFO = TypeAdapter(dict[UUID, CmsClassInfo | None])


class TeacherBatchItem(BaseModel):
    batch_id: UUID
    title: str | None
    class_name: str | None
    status: BatchStatus
    total_essays: int
    completed_essays: int
    failed_essays: int
    created_at: datetime
    completed_at: datetime | None
    processing_phase: ProcessingPhase | None


class TeacherDashboard(BaseModel):
    batches: list[TeacherBatchItem]
    total_count: int
    limit: int
    offset: int
