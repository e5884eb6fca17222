"""What the services outside this system publish: the data of each event, and who is told of it by HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from cms_service.contract import CourseCode
from ras_service.contract import PhaseName, ProcessingStage

CMS, RAS = "cms", "ras"


@dataclass(frozen=True, slots=True)
class Kind:
    """`source` publishes it, `by` consume it."""

    type: str
    source: str
    by: tuple[str, ...]


@dataclass
class BatchEvent:
    """What there is for a batch; each kind of it is a subclass."""

    kind: ClassVar[Kind]
    batch_id: UUID


@dataclass
class EssaysRegistered(BatchEvent):
    """A guest's batch has no class."""

    kind = Kind("huleedu.batch.essays.registered.v1", "batch_orchestrator_service", (CMS, RAS))
    user_id: str
    class_id: UUID | None
    course_code: CourseCode
    expected_essay_count: int
    essay_ids: list[UUID]
    assignment_id: str | None
    title: str | None


@dataclass
class SlotAssigned(BatchEvent):
    kind = Kind("huleedu.els.essay.slot.assigned.v1", "essay_lifecycle_service", (RAS,))
    essay_id: UUID
    original_file_name: str


@dataclass
class ContentFailed(BatchEvent):
    kind = Kind("huleedu.batch.content.failed.v1", "essay_lifecycle_service", (RAS,))
    reason: str


@dataclass
class Suggestion:
    student_id: UUID
    student_name: str
    confidence_score: float
    match_reasons: list[str]


@dataclass
class EssayMatches:
    essay_id: UUID
    filename: str
    suggestions: list[Suggestion]
    no_match_reason: str | None = None


@dataclass
class MatchesSuggested(BatchEvent):
    kind = Kind("huleedu.batch.author.matches.suggested.v1", "nlp_service", (CMS,))
    class_id: UUID
    course_code: CourseCode
    match_results: list[EssayMatches]


@dataclass
class PipelineConfigured(BatchEvent):
    kind = Kind("huleedu.batch.pipeline.configured.v1", "batch_orchestrator_service", (RAS,))
    requested_pipelines: list[PhaseName]


@dataclass
class PipelineStarted(BatchEvent):
    kind = Kind("huleedu.batch.pipeline.started.v1", "batch_orchestrator_service", (RAS,))


@dataclass
class PhaseOutcome(BatchEvent):
    kind = Kind("huleedu.els.batch.phase.outcome.v1", "essay_lifecycle_service", (RAS,))
    phase_name: PhaseName
    phase_status: ProcessingStage
    processed_essay_ids: list[UUID]
    failed_essay_ids: list[UUID]


@dataclass
class SpellcheckResults(BatchEvent):
    kind = Kind("huleedu.essay.spellcheck.results.v1", "spellchecker_service", (RAS,))
    essay_id: UUID
    status: ProcessingStage
    corrections_made: int = 0
    error: str | None = None


@dataclass
class EssayResult:
    """An anchor is an essay of known grade that others are compared with, and no pupil's."""

    essay_id: UUID
    rank: int
    bt_score: float
    letter_grade: str | None
    confidence_score: float | None
    confidence_label: str | None
    is_anchor: bool = False


@dataclass
class AssessmentPublished(BatchEvent):
    kind = Kind("huleedu.assessment.result.published.v1", "cj_assessment_service", (RAS,))
    essay_results: list[EssayResult]


@dataclass
class PipelineCompleted(BatchEvent):
    kind = Kind("huleedu.batch.pipeline.completed.v1", "batch_orchestrator_service", (RAS,))
    final_status: str
    successful_essay_count: int
    failed_essay_count: int


@dataclass
class BatchCancelled(BatchEvent):
    kind = Kind("huleedu.batch.cancelled.v1", "batch_orchestrator_service", (RAS,))
    reason: str | None


def kinds() -> list[Kind]:
    return [each.kind for each in BatchEvent.__subclasses__()]


def subscribers(services: Mapping[str, str]) -> dict[str, list[str]]:
    """URLs by type of event; `services` has the address of each."""
    urls = {name: f"{address.rstrip('/')}/internal/v1/events" for name, address in services.items()}
    return {kind.type: [urls[name] for name in kind.by] for kind in kinds()}
