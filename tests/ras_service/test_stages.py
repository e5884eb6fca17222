"""What events say about essays: which of two wins, one example for each rule."""

from collections.abc import Callable

import httpx
import pytest

from ras_service import work
from tests.support.databases import RolledBack
from tests.support.pipeline import Event, Pipeline, batch_row, essay_rows, receive

AT = "2026-09-14T12:{:02}:00+00:00"
Steps = Callable[[Pipeline], list[Event]]

SPELLCHECK: list[tuple[str, Steps, Event]] = [
    (
        "a result",
        lambda p: [p.spellcheck(0, "failed", 0, "för lång", at=6)],
        {"stage": "failed", "error": "för lång", "count": 0, "updated_at": AT.format(6)},
    ),
    (
        "the later of two results",
        lambda p: [p.spellcheck(0, "failed", 1, "för lång", at=6), p.spellcheck(0, "completed", 2, at=7)],
        {"stage": "completed", "error": None, "count": 2, "updated_at": AT.format(7)},
    ),
    (
        "the later of two that are on the way",
        lambda p: [p.spellcheck(0, "initialized", 0, at=7), p.spellcheck(0, "processing", 0, "trög", at=8)],
        {"stage": "processing", "error": "trög", "count": 0, "updated_at": AT.format(8)},
    ),
    (
        "an end beats what is on the way, however late; the count is a field of its own",
        lambda p: [p.spellcheck(0, "cancelled", 4, at=6), p.spellcheck(0, "processing", 1, "trög", at=9)],
        {"stage": "cancelled", "error": None, "count": 1, "updated_at": AT.format(9)},
    ),
    (
        "a result's end beats an outcome, however late",
        lambda p: [p.spellcheck(0, "failed", 4, "för lång", at=6), p.outcome("spellcheck", [0], at=9)],
        {"stage": "failed", "error": "för lång", "count": 4, "updated_at": AT.format(9)},
    ),
    (
        "an outcome beats what is on the way, however late",
        lambda p: [p.outcome("spellcheck", [0], at=6), p.spellcheck(0, "processing", 4, "trög", at=9)],
        {"stage": "completed", "error": None, "count": 4, "updated_at": AT.format(9)},
    ),
    (
        "the later of two outcomes",
        lambda p: [p.outcome("spellcheck", [0], at=6), p.outcome("spellcheck", [], [0], at=7)],
        {"stage": "failed", "error": None, "count": None, "updated_at": AT.format(7)},
    ),
    (
        "in both lists of an outcome",
        lambda p: [p.outcome("spellcheck", [0, 1], [0], at=6)],
        {"stage": "failed", "error": None, "count": None, "updated_at": AT.format(6)},
    ),
]


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@pytest.mark.parametrize(("steps", "expected"), [each[1:] for each in SPELLCHECK], ids=[each[0] for each in SPELLCHECK])
async def test_spellcheck(
    ras: httpx.AsyncClient, ras_database: RolledBack, steps: Steps, expected: Event, *, backwards: bool
) -> None:
    pipeline = Pipeline()
    before = await registered_essays(ras, ras_database, pipeline)
    for event in steps(pipeline)[:: -1 if backwards else 1]:
        await receive(ras, event)
    first, _ = await essay_rows(ras_database, pipeline)
    assert first == before[0] | {
        "spellcheck_stage": expected["stage"],
        "spellcheck_error": expected["error"],
        "spellcheck_correction_count": expected["count"],
        "updated_at": expected["updated_at"],
    }


async def registered_essays(ras: httpx.AsyncClient, database: RolledBack, pipeline: Pipeline) -> list[Event]:
    await receive(ras, pipeline.registered(), *pipeline.slots())
    return await essay_rows(database, pipeline)


GRADE = {"letter_grade": "B", "confidence_score": 0.75, "confidence_label": "MID"}
NO_GRADE = dict.fromkeys(GRADE)
CJ: list[tuple[str, Steps, Event]] = [
    (
        "a result",
        lambda p: [p.assessed(p.result(0, 2, -0.125, **GRADE), at=7)],
        {"stage": "completed", "cj_rank": 2, "cj_score": -0.125, **GRADE, "updated_at": AT.format(7)},
    ),
    (
        "the later of two results says all",
        lambda p: [p.assessed(p.result(0, 2, 1.5, **GRADE), at=7), p.assessed(p.result(0, 1, 2), at=8)],
        {"stage": "completed", "cj_rank": 1, "cj_score": 2.0, **NO_GRADE, "updated_at": AT.format(8)},
    ),
    (
        "a result beats an outcome, however late",
        lambda p: [p.assessed(p.result(0, 1, 1)), p.outcome("cj_assessment", [], [0], at=9)],
        {"stage": "completed", "cj_rank": 1, "cj_score": 1.0, **NO_GRADE, "updated_at": AT.format(9)},
    ),
    (
        "an outcome without a result",
        lambda p: [p.outcome("cj_assessment", [], [0], at=9)],
        {"stage": "failed", "cj_rank": None, "cj_score": None, **NO_GRADE, "updated_at": AT.format(9)},
    ),
    (
        "anchors are skipped",
        lambda p: [p.assessed(p.result(0, 1, 1), p.result(0, 9, 9, is_anchor=True), at=7)],
        {"stage": "completed", "cj_rank": 1, "cj_score": 1.0, **NO_GRADE, "updated_at": AT.format(7)},
    ),
]


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@pytest.mark.parametrize(("steps", "expected"), [each[1:] for each in CJ], ids=[each[0] for each in CJ])
async def test_cj_assessment(
    ras: httpx.AsyncClient, ras_database: RolledBack, steps: Steps, expected: Event, *, backwards: bool
) -> None:
    pipeline = Pipeline()
    before = await registered_essays(ras, ras_database, pipeline)
    for event in steps(pipeline)[:: -1 if backwards else 1]:
        await receive(ras, event)
    changes = {name: value for name, value in expected.items() if name != "stage"}
    first, _ = await essay_rows(ras_database, pipeline)
    assert first == before[0] | changes | {"cj_assessment_stage": expected["stage"]}


@pytest.mark.parametrize("phase", ["nlp", "ai_feedback"])
async def test_other_phases_move_by_their_outcomes(
    ras: httpx.AsyncClient, ras_database: RolledBack, phase: str
) -> None:
    pipeline = Pipeline(size=3)
    before = await registered_essays(ras, ras_database, pipeline)
    await receive(ras, pipeline.outcome(phase, [0], [1], at=6))
    touched = {"updated_at": AT.format(6)}
    assert await essay_rows(ras_database, pipeline) == [
        before[0] | touched | {f"{phase}_stage": "completed"},
        before[1] | touched | {f"{phase}_stage": "failed"},
        before[2],
    ]


@pytest.mark.parametrize("phase_status", ["failed", "cancelled", "pending", "a word that nobody knows"])
async def test_the_status_of_a_phase_is_not_looked_at(
    ras: httpx.AsyncClient, ras_database: RolledBack, phase_status: str
) -> None:
    pipeline = Pipeline()
    await receive(ras, pipeline.registered())
    event = pipeline.outcome("nlp", [0])
    event["data"]["phase_status"] = phase_status
    assert (await receive(ras, event))["dead"] == []
    assert (await essay_rows(ras_database, pipeline))[0]["nlp_stage"] == "completed"


async def test_outcomes_of_matching_students_touch_no_essay(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    pipeline = Pipeline()
    before = await registered_essays(ras, ras_database, pipeline), await batch_row(ras_database, pipeline)
    await receive(ras, pipeline.outcome("student_matching", [0], [1], at=9))
    assert (await essay_rows(ras_database, pipeline), await batch_row(ras_database, pipeline)) == before


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
async def test_the_latest_file_fills_a_slot(
    ras: httpx.AsyncClient, ras_database: RolledBack, *, backwards: bool
) -> None:
    pipeline = Pipeline(size=1)
    await receive(ras, pipeline.registered())
    events = [pipeline.slot(0, at=2, name="gammal.docx"), pipeline.slot(0, at=4, name="Å ny 🙂.docx")]
    for event in reversed(events) if backwards else events:
        await receive(ras, event)
    [essay] = await essay_rows(ras_database, pipeline)
    assert (essay["filename"], essay["updated_at"]) == ("Å ny 🙂.docx", AT.format(4))


async def test_an_essay_that_is_not_registered_is_ignored_and_counted(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    pipeline, other = Pipeline(), Pipeline()
    before = await registered_essays(ras, ras_database, pipeline), await batch_row(ras_database, pipeline)
    foreign = await registered_essays(ras, ras_database, other)
    mixed = Pipeline(batch_id=pipeline.batch_id, essays=[*other.essays, *Pipeline().essays])
    counted = sum(map(strangers, KINDS))

    # Single essays, of another batch or of none.
    assert (await receive(ras, mixed.slot(0, at=9), mixed.spellcheck(3, at=9)))["dead"] == []
    assert (await essay_rows(ras_database, pipeline), await batch_row(ras_database, pipeline)) == before
    # Among others the event still concerns the batch.
    await receive(ras, mixed.outcome("nlp", [0, 2], [3], at=9), mixed.assessed(mixed.result(1), at=8))
    assert (await essay_rows(ras_database, pipeline), await essay_rows(ras_database, other)) == (before[0], foreign)
    assert await batch_row(ras_database, pipeline) == before[1] | {"updated_at": AT.format(9)}
    assert sum(map(strangers, KINDS)) - counted == 6


KINDS = (
    "huleedu.els.essay.slot.assigned.v1",
    "huleedu.essay.spellcheck.results.v1",
    "huleedu.els.batch.phase.outcome.v1",
    "huleedu.assessment.result.published.v1",
)


def strangers(kind: str) -> float:
    value: float = work.STRANGERS.labels(kind)._value.get()
    return value
