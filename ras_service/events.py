"""RAS's events: what it reads of those that it consumes, and what it publishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from kit.events.outbox import Outbox
from ras_service.contract import BatchStatus, PhaseName, ProcessingStage
from ras_service.lifecycle import FinalStatus

OUTBOX = Outbox("result_aggregator_service")

# consumed: only the fields that are read here, so that producers may add to the others

BATCH_ESSAYS_REGISTERED = "huleedu.batch.essays.registered.v1"
SLOT_ASSIGNED = "huleedu.els.essay.slot.assigned.v1"
CONTENT_FAILED = "huleedu.batch.content.failed.v1"
ASSOCIATIONS_CONFIRMED = "huleedu.class.student.associations.confirmed.v1"
PIPELINE_CONFIGURED = "huleedu.batch.pipeline.configured.v1"
PIPELINE_STARTED = "huleedu.batch.pipeline.started.v1"
PHASE_OUTCOME = "huleedu.els.batch.phase.outcome.v1"
SPELLCHECK_RESULTS = "huleedu.essay.spellcheck.results.v1"
ASSESSMENT_RESULT = "huleedu.assessment.result.published.v1"
PIPELINE_COMPLETED = "huleedu.batch.pipeline.completed.v1"
BATCH_CANCELLED = "huleedu.batch.cancelled.v1"

UserId = Annotated[str, Meta(pattern=r"^(?!\.{1,2}\Z)[A-Za-z0-9_.:|@-]{1,128}\Z")]
# PostgreSQL's text has no NUL, its integer 32 bits.
Text = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]
AssignmentId = Annotated[str, Meta(pattern=r"^[^\x00]*\Z", max_length=255)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


@dataclass
class OfBatch:
    """What every one of them is about; for some types that is all that is read."""

    batch_id: UUID

    @property
    def named(self) -> Sequence[UUID]:
        """The essays that it is about."""
        return ()


@dataclass
class BatchEssaysRegistered(OfBatch):
    """Without a class it is a guest's batch."""

    user_id: UserId
    expected_essay_count: int
    essay_ids: list[UUID]
    class_id: UUID | None = None
    assignment_id: AssignmentId | None = None
    title: Text | None = None

    @property
    def named(self) -> Sequence[UUID]:
        return self.essay_ids


@dataclass
class SlotAssigned(OfBatch):
    essay_id: UUID
    original_file_name: Text

    @property
    def named(self) -> Sequence[UUID]:
        return (self.essay_id,)


@dataclass
class AssociationsConfirmed(OfBatch):
    timeout_triggered: bool


@dataclass
class PipelineConfigured(OfBatch):
    requested_pipelines: list[PhaseName]


@dataclass
class PhaseOutcome(OfBatch):
    phase_name: PhaseName
    processed_essay_ids: list[UUID]
    failed_essay_ids: list[UUID]

    @property
    def named(self) -> Sequence[UUID]:
        if self.phase_name is PhaseName.STUDENT_MATCHING:
            return ()
        return (*self.processed_essay_ids, *self.failed_essay_ids)


@dataclass
class SpellcheckResults(OfBatch):
    essay_id: UUID
    status: ProcessingStage
    corrections_made: Count
    error: Text | None = None

    @property
    def named(self) -> Sequence[UUID]:
        return (self.essay_id,)


@dataclass
class Assessed:
    """One essay's result; an anchor is not one of the batch's."""

    essay_id: UUID
    rank: Integer
    bt_score: float
    letter_grade: Text | None = None
    confidence_score: float | None = None
    confidence_label: Text | None = None
    is_anchor: bool = False


@dataclass
class AssessmentResult(OfBatch):
    essay_results: list[Assessed]

    @property
    def named(self) -> Sequence[UUID]:
        return [each.essay_id for each in self.own]

    @property
    def own(self) -> Sequence[Assessed]:
        """Without the anchors."""
        return [each for each in self.essay_results if not each.is_anchor]


@dataclass
class PipelineCompleted(OfBatch):
    final_status: FinalStatus
    successful_essay_count: int
    failed_essay_count: int


# end of consumed

# published, once when a batch first reaches a completed state

RESULTS_READY = "huleedu.ras.batch.results.ready.v1"
TEACHER_NOTIFICATION_REQUESTED = "huleedu.notification.teacher.requested.v1"


@dataclass
class ResultsReady:
    """The same in both."""

    batch_id: UUID
    user_id: str
    overall_status: BatchStatus
    essay_count: int
    completed_essay_count: int
    failed_essay_count: int


# end of published
