"""What each event says about a batch and its essays: small functions on rows in memory, one for each type.

An event that is ignored (of matching students, or about an essay that is not registered) touches nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ras_service import events
from ras_service.contract import BatchType, PhaseName, ProcessingStage
from ras_service.lifecycle import CONFIRMED, FINAL, RANK, SLOTS_FILLED, BatchState
from ras_service.progress import TERMINAL, Reached, Tally, counts, current_phase
from ras_service.rows import BatchRow, EssayRow, Said, Weight


@dataclass(slots=True)
class Projected:
    """A batch, and those of its essays that the events at hand name; of a new batch all."""

    row: BatchRow
    essays: dict[UUID, EssayRow] = field(default_factory=dict)

    def of(self, essay_ids: Iterable[UUID], said: Said) -> list[EssayRow]:
        """The essays that the event is about. One that is not registered is ignored."""
        known = [self.essays[essay_id] for essay_id in essay_ids if essay_id in self.essays]
        for essay in known:
            essay.touch(said)
        return known


def registered(batch: Projected, data: events.BatchEssaysRegistered, said: Said) -> bool:
    """A batch may be registered again, with the same essays for the same teacher."""
    row = batch.row
    if row.claim("registration", said.stamp):
        row.created_at = said.at
        row.batch_type = batch_type(data)
        row.assignment_id = data.assignment_id
        row.title = data.title
    batch.of(data.essay_ids, said)
    return True


def batch_type(data: events.BatchEssaysRegistered) -> BatchType:
    return BatchType.GUEST if data.class_id is None else BatchType.REGULAR


def slot_assigned(batch: Projected, data: events.SlotAssigned, said: Said) -> bool:
    essays = batch.of([data.essay_id], said)
    for essay in essays:
        if essay.claim("filename", said.stamp):
            essay.filename = data.original_file_name
    return bool(essays)


def content_failed(batch: Projected, _: events.OfBatch, said: Said) -> bool:
    batch.row.imply(BatchState.CONTENT_INGESTION_FAILED, said)
    return True


def associations_confirmed(batch: Projected, data: events.AssociationsConfirmed, said: Said) -> bool:
    batch.row.imply(CONFIRMED[data.timeout_triggered], said)
    return True


def pipeline_configured(batch: Projected, data: events.PipelineConfigured, said: Said) -> bool:
    batch.row.imply(BatchState.READY_FOR_PIPELINE_EXECUTION, said)
    if batch.row.claim("requested_pipelines", said.stamp):
        batch.row.requested_pipelines = list(dict.fromkeys(data.requested_pipelines))
    return True


def pipeline_started(batch: Projected, _: events.OfBatch, said: Said) -> bool:
    batch.row.imply(BatchState.PROCESSING_PIPELINES, said)
    known = batch.row.processing_started_at
    batch.row.processing_started_at = min(known or said.at, said.at)
    return True


def phase_outcome(batch: Projected, data: events.PhaseOutcome, said: Said) -> bool:
    """An essay that is in both lists has failed."""
    if data.phase_name is PhaseName.STUDENT_MATCHING:
        return False
    failed = set(data.failed_essay_ids)
    for essay in batch.of(dict.fromkeys(data.named), said):
        stage = ProcessingStage.FAILED if essay.essay_id in failed else ProcessingStage.COMPLETED
        essay.reach(data.phase_name, said, Weight.OUTCOME, stage)
    return True


def spellcheck_results(batch: Projected, data: events.SpellcheckResults, said: Said) -> bool:
    essays = batch.of([data.essay_id], said)
    for essay in essays:
        weight = Weight.RESULT if data.status in TERMINAL else Weight.ON_THE_WAY
        essay.reach(PhaseName.SPELLCHECK, said, weight, data.status, data.error)
        if essay.claim("spellcheck_correction_count", said.stamp):
            essay.spellcheck_correction_count = data.corrections_made
    return bool(essays)


def assessment_result(batch: Projected, data: events.AssessmentResult, said: Said) -> bool:
    """Of an essay that is in the list twice the last result counts."""
    results = {each.essay_id: each for each in data.own}
    for essay in batch.of(results, said):
        essay.reach(PhaseName.CJ_ASSESSMENT, said, Weight.RESULT, ProcessingStage.COMPLETED)
        if essay.claim("cj_results", said.stamp):
            result = results[essay.essay_id]
            essay.cj_rank, essay.cj_score = result.rank, result.bt_score
            essay.letter_grade = result.letter_grade
            essay.confidence_score, essay.confidence_label = result.confidence_score, result.confidence_label
    return True


def pipeline_completed(batch: Projected, data: events.PipelineCompleted, said: Said) -> bool:
    batch.row.imply(FINAL[data.final_status], said)
    return True


def cancelled(batch: Projected, _: events.OfBatch, said: Said) -> bool:
    batch.row.imply(BatchState.CANCELLED, said)
    return True


PROJECTIONS: Mapping[str, tuple[type[events.OfBatch], Callable[[Projected, Any, Said], bool]]] = {
    events.BATCH_ESSAYS_REGISTERED: (events.BatchEssaysRegistered, registered),
    events.SLOT_ASSIGNED: (events.SlotAssigned, slot_assigned),
    events.CONTENT_FAILED: (events.OfBatch, content_failed),
    events.ASSOCIATIONS_CONFIRMED: (events.AssociationsConfirmed, associations_confirmed),
    events.PIPELINE_CONFIGURED: (events.PipelineConfigured, pipeline_configured),
    events.PIPELINE_STARTED: (events.OfBatch, pipeline_started),
    events.PHASE_OUTCOME: (events.PhaseOutcome, phase_outcome),
    events.SPELLCHECK_RESULTS: (events.SpellcheckResults, spellcheck_results),
    events.ASSESSMENT_RESULT: (events.AssessmentResult, assessment_result),
    events.PIPELINE_COMPLETED: (events.PipelineCompleted, pipeline_completed),
    events.BATCH_CANCELLED: (events.OfBatch, cancelled),
}
"""By event type: the class of its data, and the function, which answers whether the event concerns the batch."""


def project(batch: Projected, event_type: str, data: events.OfBatch, said: Said) -> None:
    _, function = PROJECTIONS[event_type]
    if function(batch, data, said):
        batch.row.touch(said)


def tally(essays: Iterable[EssayRow]) -> Tally:
    """Of a batch whose essays are all at hand."""
    known = list(essays)
    reached = Counter(essay.stages for essay in known)
    return Tally([Reached(*each) for each in reached.items()], sum(essay.filename is None for essay in known))


def settle(row: BatchRow, essays: Tally) -> None:
    """What derives from the essays as they are now."""
    reached, requested = essays.reached, row.requested_pipelines
    row.completed_essay_count, row.failed_essay_count = counts(reached, requested)
    if reached and not essays.open_slots and RANK[row.state] <= RANK[SLOTS_FILLED[row.batch_type]]:
        row.state = SLOTS_FILLED[row.batch_type]
    running = row.state is BatchState.PROCESSING_PIPELINES
    row.current_phase = current_phase(reached, requested) if running else None
