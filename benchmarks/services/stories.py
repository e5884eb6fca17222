"""Batches on their way through the pipeline, as events: each one new, as other services publish them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, count
from uuid import UUID, uuid4

from cli.simulator.events import (
    AssessmentPublished,
    BatchEvent,
    EssayResult,
    EssaysRegistered,
    PhaseOutcome,
    PipelineCompleted,
    PipelineConfigured,
    PipelineStarted,
    SlotAssigned,
    SpellcheckResults,
)
from cms_service.contract import CourseCode
from kit.events.envelope import Metadata, Published
from kit.responses import encode_json
from ras_service.contract import PhaseName, ProcessingStage
from ras_service.lifecycle import FinalStatus

ESSAYS = 30
_TEACHERS = 40
_AT_ONCE = 12
"""Batches that are registered in one step: a step has about a thousand events."""
_LAG = 6
"""Steps from a batch's registration to its pipeline, and from that to its end: more than are ever under way at once."""
OPENING_STEPS = 2 * _LAG
_PHASES = (PhaseName.SPELLCHECK, PhaseName.NLP, PhaseName.CJ_ASSESSMENT)
_DONE, _FAILED, _BUSY = ProcessingStage.COMPLETED, ProcessingStage.FAILED, ProcessingStage.PROCESSING


@dataclass(frozen=True, slots=True)
class Story:
    """One batch's; each part may come in several lists."""

    user_id: str
    batch_id: UUID = field(default_factory=uuid4)
    essay_ids: Sequence[UUID] = field(default_factory=lambda: [uuid4() for _ in range(ESSAYS)])
    versions: Iterator[int] = field(default_factory=lambda: count(1))
    correlation_id: str = field(default_factory=lambda: str(uuid4()))

    def envelope(self, data: BatchEvent) -> bytes:
        return encode_json(
            Published(
                event_id=uuid4(),
                event_type=data.kind.type,
                event_timestamp=datetime.now(UTC),
                source_service=data.kind.source,
                correlation_id=self.correlation_id,
                data=data,
                metadata=Metadata(self.batch_id, next(self.versions)),
            )
        )

    def registered(self) -> Iterator[BatchEvent]:
        yield EssaysRegistered(
            self.batch_id, self.user_id, uuid4(), CourseCode.SV2, ESSAYS, list(self.essay_ids), None, "Novellanalys"
        )
        for nth, essay_id in enumerate(self.essay_ids, start=1):
            yield SlotAssigned(self.batch_id, essay_id, f"essay_{nth:02}_of_a_student.docx")

    def started(self, *phases: PhaseName) -> Iterator[BatchEvent]:
        yield PipelineConfigured(self.batch_id, list(phases))
        yield PipelineStarted(self.batch_id)

    def checked(self) -> Iterator[BatchEvent]:
        """All but the last essay do well; of every other one it is told that it is begun."""
        for nth, essay_id in enumerate(self.essay_ids):
            if nth % 2:
                yield SpellcheckResults(self.batch_id, essay_id, _BUSY)
            if essay_id == self.essay_ids[-1]:
                yield SpellcheckResults(self.batch_id, essay_id, _FAILED, error="The text could not be read.")
            else:
                yield SpellcheckResults(self.batch_id, essay_id, _DONE, corrections_made=nth)

    def ended(self) -> Iterator[BatchEvent]:
        *done, failed = self.essay_ids
        yield PhaseOutcome(self.batch_id, PhaseName.SPELLCHECK, _DONE, done, [failed])
        yield PhaseOutcome(self.batch_id, PhaseName.NLP, _DONE, done, [])
        yield AssessmentPublished(self.batch_id, [_judged(rank, each) for rank, each in enumerate(done, start=1)])
        yield PhaseOutcome(self.batch_id, PhaseName.CJ_ASSESSMENT, _DONE, done, [])
        yield PipelineCompleted(self.batch_id, FinalStatus.COMPLETED_WITH_FAILURES, len(done), 1)


def _judged(rank: int, essay_id: UUID) -> EssayResult:
    return EssayResult(essay_id, rank, 2.5 - rank / 7, "B", 0.87, "HIGH")


def steps() -> Iterator[list[bytes]]:
    """Without end: some batches are registered, while others are worked on and yet others end.

    Until OPENING_STEPS there are none yet that end.
    """
    cohorts: list[list[Story]] = []
    for first in count(0, _AT_ONCE):
        cohorts.append([Story(f"ingested-{(first + nth) % _TEACHERS:02}") for nth in range(_AT_ONCE)])
        step = _together(cohorts[-1], Story.registered)
        if len(cohorts) > _LAG:
            step += _together(cohorts[-1 - _LAG], _worked_on)
        if len(cohorts) > OPENING_STEPS:
            step += _together(cohorts.pop(0), Story.ended)
        yield step


def _worked_on(story: Story) -> Iterator[BatchEvent]:
    return chain(story.started(*_PHASES), story.checked())


def _together(stories: Sequence[Story], part: Callable[[Story], Iterator[BatchEvent]]) -> list[bytes]:
    """The first event of each, then the second of each."""
    turns = zip(*([story.envelope(data) for data in part(story)] for story in stories), strict=True)
    return list(chain.from_iterable(turns))
