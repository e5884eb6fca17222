"""RAS's tables."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Integer, Sequence, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit import tables as kit
from kit.tables import NEWEST_FIRST, labelled
from ras_service.contract import BatchType, PhaseName, ProcessingStage, UpdateType
from ras_service.lifecycle import BatchState


class Base(DeclarativeBase):
    metadata = kit.service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **kit.TYPES,
        BatchState: labelled(BatchState, "batch_state"),
        BatchType: labelled(BatchType, "batch_type"),
        ProcessingStage: labelled(ProcessingStage, "processing_stage"),
        PhaseName: labelled(PhaseName, "phase_name"),
        list[PhaseName]: ARRAY(labelled(PhaseName, "phase_name")),
        UpdateType: labelled(UpdateType, "update_type"),
    }


PENDING = text("'pending'::processing_stage")


class BatchResult(Base):
    __tablename__ = "batch_results"
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[str]
    assignment_id: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str | None]
    batch_type: Mapped[BatchType]
    state: Mapped[BatchState]
    current_phase: Mapped[PhaseName | None]
    requested_pipelines: Mapped[list[PhaseName]] = mapped_column(server_default=text("'{}'::phase_name[]"))
    essay_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    completed_essay_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed_essay_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    processing_started_at: Mapped[datetime | None]
    processing_completed_at: Mapped[datetime | None]
    winners: Mapped[dict[str, Any] | None]
    """By field: the stamp of the event that said it; see `rows.py`."""
    # Both directions descending, so that the keyset (created_at, batch_id) < (…) is one range of the index.
    __table_args__ = (
        Index("batch_results_page_idx", "user_id", NEWEST_FIRST, text("batch_id DESC")),
        Index("batch_results_state_page_idx", "user_id", "state", NEWEST_FIRST, text("batch_id DESC")),
    )


class EssayResult(Base):
    __tablename__ = "essay_results"
    essay_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch_results.batch_id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    filename: Mapped[str | None]
    spellcheck_stage: Mapped[ProcessingStage] = mapped_column(server_default=PENDING)
    spellcheck_error: Mapped[str | None]
    nlp_stage: Mapped[ProcessingStage] = mapped_column(server_default=PENDING)
    nlp_error: Mapped[str | None]
    cj_assessment_stage: Mapped[ProcessingStage] = mapped_column(server_default=PENDING)
    cj_assessment_error: Mapped[str | None]
    ai_feedback_stage: Mapped[ProcessingStage] = mapped_column(server_default=PENDING)
    ai_feedback_error: Mapped[str | None]
    spellcheck_correction_count: Mapped[int | None] = mapped_column(Integer)
    cj_rank: Mapped[int | None] = mapped_column(Integer)
    cj_score: Mapped[float | None] = mapped_column(Double)
    letter_grade: Mapped[str | None]
    confidence_score: Mapped[float | None] = mapped_column(Double)
    confidence_label: Mapped[str | None]
    updated_at: Mapped[datetime]
    winners: Mapped[dict[str, Any] | None]
    __table_args__ = (UniqueConstraint("batch_id", "position"),)


class BatchCount(Base):
    """How many batches a user has in each state: totals without a scan, kept in the change's transaction."""

    __tablename__ = "batch_counts"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[BatchState] = mapped_column(primary_key=True)
    n: Mapped[int]


class PendingEvent(Base):
    """An event of a batch that is not registered yet, as it was received; replayed when it is."""

    __tablename__ = "pending_events"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(index=True)
    event_type: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"), index=True)


class EventAggregate(kit.EventAggregate, Base):
    pass


class EventOutbox(kit.EventOutbox, Base):
    pass


class EventDelivery(kit.EventDelivery, Base):
    pass


class ProcessedEvent(kit.ProcessedEvent, Base):
    pass


class DeadLetter(kit.DeadLetter, Base):
    pass


class TeacherUpdate(kit.TeacherUpdate, Base):
    type: Mapped[UpdateType]


class TeacherUpdatePurge(kit.TeacherUpdatePurge, Base):
    pass


TEACHER_UPDATE_SEQ = Sequence("teacher_update_seq", metadata=Base.metadata)
