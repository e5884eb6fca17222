"""RAS's rows of a batch."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from cli.school import names
from cli.school.essays import Stages, counts, current_phase, stage_columns, stages
from cli.school.people import ANCHOR, new_id
from cli.school.plans import Plan
from cli.school.results import results
from cli.school.timeline import Step
from ras_service.lifecycle import BatchState
from ras_service.tables import BatchResult, EssayResult

_SLOTS_LEFT_OPEN = {BatchState.AWAITING_CONTENT_VALIDATION, BatchState.CONTENT_INGESTION_FAILED}
FILENAMES = (
    "essä_{n:02}_{slug}.docx",
    "essä_{n:02}_{slug}.docx",
    "{slug}.docx",
    "{n:02} {name}.pdf",
    "essay_{slug}.txt",
)


def essay_rows(rng: Random, plan: Plan) -> list[EssayResult]:
    reached = stages(rng, plan.state, plan.requested, len(plan.writers))
    found = results(rng, reached, graded=plan.assignment_id is not None)
    pattern = rng.choice(FILENAMES)
    return [
        _essay_row(rng, plan, position, stage, {"filename": _filename(rng, plan, pattern, position), **outcome})
        for position, (stage, outcome) in enumerate(zip(reached, found, strict=True))
    ]


def _essay_row(rng: Random, plan: Plan, position: int, stage: Stages, known: dict[str, Any]) -> EssayResult:
    return EssayResult(
        essay_id=new_id(rng),
        batch_id=plan.batch_id,
        position=position,
        updated_at=_touched(rng, plan, stage, known["filename"]),
        **known,
        **stage_columns(rng, stage),
    )


def _filename(rng: Random, plan: Plan, pattern: str, position: int) -> str | None:
    if plan.state in _SLOTS_LEFT_OPEN and (position == 0 or rng.random() < 0.4):
        return None
    writer = plan.writers[position]
    return spelled(pattern, position + 1, f"{writer.first_name} {writer.last_name}")


def spelled(pattern: str, n: int, name: str) -> str:
    """One of FILENAMES, for the `n`th file and its writer."""
    return pattern.format(n=n, name=name, slug=names.slug(name))


def _touched(rng: Random, plan: Plan, essay: Stages, filename: str | None) -> datetime:
    """The last that was heard of the essay: a result, its file, or its registration."""
    when = plan.when
    if filename is None:
        return when.created
    if essay and Step.STARTED in when.steps:
        return _within(rng, when.steps[Step.STARTED], when.worked_until)
    return _within(rng, when.created, when.steps.get(Step.FILLED, when.steps.get(Step.ENDED, ANCHOR)))


def _within(rng: Random, start: datetime, end: datetime) -> datetime:
    return start + timedelta(milliseconds=rng.randint(0, int((end - start).total_seconds() * 1000)))


def batch_row(plan: Plan, essays: list[EssayResult]) -> BatchResult:
    completed, failed = counts(essays, plan.requested)
    running = plan.state is BatchState.PROCESSING_PIPELINES
    return BatchResult(
        batch_id=plan.batch_id,
        user_id=plan.teacher,
        created_at=plan.when.created,
        updated_at=max(plan.when.last, *(each.updated_at for each in essays)),
        assignment_id=plan.assignment_id,
        title=plan.title,
        batch_type=plan.batch_type,
        state=plan.state,
        current_phase=current_phase(essays, plan.requested) if running else None,
        requested_pipelines=list(plan.requested),
        essay_count=len(essays),
        completed_essay_count=completed,
        failed_essay_count=failed,
        processing_started_at=plan.when.steps.get(Step.STARTED),
        processing_completed_at=plan.when.steps.get(Step.ENDED),
    )
