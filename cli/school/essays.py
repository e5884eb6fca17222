"""How far a batch's essays have come in each phase, and what came out."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from cli.school.names import SPELLCHECK_ERRORS
from ras_service import progress
from ras_service.contract import PhaseName, ProcessingStage
from ras_service.lifecycle import BatchState
from ras_service.progress import TERMINAL
from ras_service.tables import EssayResult

PHASES = progress.PHASES
"""The phases that work on essays one by one, in order."""

Stages = dict[PhaseName, ProcessingStage]
"""Of one essay; a phase that is missing is pending."""


def stages(rng: Random, state: BatchState, requested: Sequence[PhaseName], size: int) -> list[Stages]:
    """`requested` is empty for a batch whose pipeline never ran."""
    phases = [phase for phase in PHASES if phase in requested]
    stage = _BY_STATE.get(state)
    if stage is None or not phases:
        return [{} for _ in range(size)]
    return stage(rng, phases, size)


def _all_completed(_: Random, phases: Sequence[PhaseName], size: int) -> list[Stages]:
    return [dict.fromkeys(phases, ProcessingStage.COMPLETED) for _ in range(size)]


def _some_failed(rng: Random, phases: Sequence[PhaseName], size: int) -> list[Stages]:
    essays = _all_completed(rng, phases, size)
    for index in rng.sample(range(size), rng.randint(1, max(1, size // 5))):
        essays[index] = _failed_at(phases, rng.choice(phases))
    return essays


def _failed_at(phases: Sequence[PhaseName], at: PhaseName) -> Stages:
    """The phases after it never see the essay."""
    before = phases[: phases.index(at)]
    return {**dict.fromkeys(before, ProcessingStage.COMPLETED), at: ProcessingStage.FAILED}


def _under_way(rng: Random, phases: Sequence[PhaseName], size: int) -> list[Stages]:
    """One essay at least is still to be worked on in the phase that runs."""
    at = rng.choice(phases)
    open_stages = _open_stages(at)
    essays = [_arrived(rng, phases, at, rng.choice((ProcessingStage.COMPLETED, *open_stages))) for _ in range(size)]
    essays[rng.randrange(size)] = _reached(phases, at, open_stages[0])
    return essays


def _open_stages(phase: PhaseName) -> tuple[ProcessingStage, ...]:
    # Only the spellchecker tells of an essay before it is done with it.
    if phase is PhaseName.SPELLCHECK:
        return ProcessingStage.PROCESSING, ProcessingStage.INITIALIZED, ProcessingStage.PENDING
    return (ProcessingStage.PENDING,)


def _arrived(rng: Random, phases: Sequence[PhaseName], at: PhaseName, stage: ProcessingStage) -> Stages:
    before = phases[: phases.index(at)]
    if before and rng.random() < 0.05:
        return _failed_at(phases, rng.choice(before))
    return _reached(phases, at, stage)


def _reached(phases: Sequence[PhaseName], at: PhaseName, stage: ProcessingStage) -> Stages:
    return {**dict.fromkeys(phases[: phases.index(at)], ProcessingStage.COMPLETED), at: stage}


def _broken_off(rng: Random, phases: Sequence[PhaseName], size: int) -> list[Stages]:
    """The phase that ran failed for all that were in it."""
    return [_settled(each, ProcessingStage.FAILED) for each in _under_way(rng, phases, size)]


def _cancelled(rng: Random, phases: Sequence[PhaseName], size: int) -> list[Stages]:
    return [_settled(each, ProcessingStage.CANCELLED) for each in _under_way(rng, phases, size)]


def _settled(essay: Stages, how: ProcessingStage) -> Stages:
    # Cancelling is told per essay by the spellchecker alone; the other phases' essays stay as they are.
    return {
        phase: how
        if stage not in TERMINAL and (how is ProcessingStage.FAILED or phase is PhaseName.SPELLCHECK)
        else stage
        for phase, stage in essay.items()
    }


_BY_STATE: dict[BatchState, Callable[[Random, Sequence[PhaseName], int], list[Stages]]] = {
    BatchState.PROCESSING_PIPELINES: _under_way,
    BatchState.COMPLETED_SUCCESSFULLY: _all_completed,
    BatchState.COMPLETED_WITH_FAILURES: _some_failed,
    BatchState.FAILED_CRITICALLY: _broken_off,
    BatchState.CANCELLED: _cancelled,
}


def stage_columns(rng: Random, essay: Stages) -> dict[str, Any]:
    """Every stage and error column. Only the spellchecker says why it failed."""
    columns: dict[str, Any] = {}
    for phase in PHASES:
        columns[f"{phase}_stage"] = essay.get(phase, ProcessingStage.PENDING)
        columns[f"{phase}_error"] = None
    if columns["spellcheck_stage"] is ProcessingStage.FAILED:
        columns["spellcheck_error"] = rng.choice(SPELLCHECK_ERRORS)
    return columns


def stage_of(essay: EssayResult, phase: PhaseName) -> ProcessingStage:
    stage: ProcessingStage = getattr(essay, f"{phase}_stage")
    return stage


def counts(essays: Sequence[EssayResult], requested: Sequence[PhaseName]) -> progress.Counts:
    return progress.counts(_each(essays), requested)


def current_phase(essays: Sequence[EssayResult], requested: Sequence[PhaseName]) -> PhaseName | None:
    """Of a batch that is being processed."""
    return progress.current_phase(_each(essays), requested)


def _each(essays: Sequence[EssayResult]) -> list[progress.Reached]:
    return [progress.Reached([stage_of(essay, phase) for phase in PHASES], 1) for essay in essays]
