"""What each event implies for its batch, one example each; whole rows are compared."""

from collections.abc import Callable

import httpx
import pytest

from ras_service.lifecycle import ENDED, RANK, BatchState
from tests.support.databases import RolledBack
from tests.support.pipeline import Event, Pipeline, accepted, batch_row, essay_rows, receive, stored

AT = "2026-09-14T12:0{}:00+00:00"


def registered_row(pipeline: Pipeline, **changes: object) -> Event:
    """The row of a batch that is registered at noon, and no more."""
    return {
        "batch_id": pipeline.batch_id,
        "user_id": "teacher-1",
        "assignment_id": "uppgift-7",
        "title": "Nationella provet",
        "batch_type": "guest" if pipeline.guest else "regular",
        "state": "awaiting_content_validation",
        "current_phase": None,
        "requested_pipelines": [],
        "essay_count": len(pipeline.essays),
        "completed_essay_count": 0,
        "failed_essay_count": 0,
        "created_at": AT.format(0),
        "updated_at": AT.format(0),
        "processing_started_at": None,
        "processing_completed_at": None,
        **changes,
    }


async def test_a_registration_makes_the_batch_and_its_essays(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    pipeline = Pipeline(essays=["20000000-0000-4000-8000-000000000000", "10000000-0000-4000-8000-000000000000"])
    assert await receive(ras, pipeline.registered()) == accepted(1)
    assert await batch_row(ras_database, pipeline) == registered_row(pipeline)
    pending = {
        f"{phase}_{part}": value
        for phase in ("spellcheck", "nlp", "cj_assessment", "ai_feedback")
        for part, value in (("stage", "pending"), ("error", None))
    }
    assert await essay_rows(ras_database, pipeline) == [
        {
            "essay_id": essay_id,
            "batch_id": pipeline.batch_id,
            "position": position,
            "filename": None,
            **pending,
            "spellcheck_correction_count": None,
            "cj_rank": None,
            "cj_score": None,
            "letter_grade": None,
            "confidence_score": None,
            "confidence_label": None,
            "updated_at": AT.format(0),
        }
        for position, essay_id in enumerate(pipeline.essays)
    ]
    assert await stored(ras_database, "batch_counts") == {
        "batch_counts": [{"user_id": "teacher-1", "state": "awaiting_content_validation", "n": 1}]
    }


Steps = Callable[[Pipeline], list[Event]]

IMPLIED: list[tuple[str, Steps, Event]] = [
    (
        "a slot is left open",
        lambda p: [p.slot(0)],
        {"state": "awaiting_content_validation", "updated_at": AT.format(1)},
    ),
    (
        "the last slot is filled",
        lambda p: p.slots(),
        {"state": "awaiting_student_validation", "updated_at": AT.format(1)},
    ),
    (
        "content failed",
        lambda p: [p.content_failed()],
        {
            "state": "content_ingestion_failed",
            "updated_at": AT.format(2),
            "processing_completed_at": AT.format(2),
        },
    ),
    ("confirmed", lambda p: [p.confirmed()], {"state": "student_validation_completed", "updated_at": AT.format(3)}),
    (
        "confirmed by the deadline",
        lambda p: [p.confirmed(timeout=True)],
        {"state": "validation_timeout_processed", "updated_at": AT.format(3)},
    ),
    (
        "configured",
        lambda p: [p.configured("cj_assessment", "student_matching", "spellcheck")],
        {
            "state": "ready_for_pipeline_execution",
            "requested_pipelines": ["cj_assessment", "student_matching", "spellcheck"],
            "updated_at": AT.format(4),
        },
    ),
    (
        "started",
        lambda p: [p.started()],
        {"state": "processing_pipelines", "updated_at": AT.format(5), "processing_started_at": AT.format(5)},
    ),
    (
        "completed",
        lambda p: [p.completed()],
        {"state": "completed_successfully", "updated_at": AT.format(8), "processing_completed_at": AT.format(8)},
    ),
    (
        "completed with failures",
        lambda p: [p.completed("completed_with_failures")],
        {"state": "completed_with_failures", "updated_at": AT.format(8), "processing_completed_at": AT.format(8)},
    ),
    (
        "failed",
        lambda p: [p.completed("failed_critically")],
        {"state": "failed_critically", "updated_at": AT.format(8), "processing_completed_at": AT.format(8)},
    ),
    (
        "cancelled",
        lambda p: [p.cancelled()],
        {"state": "cancelled", "updated_at": AT.format(8), "processing_completed_at": AT.format(8)},
    ),
    (
        "a phase's outcome is no state",
        lambda p: [p.outcome("spellcheck", [0], [1])],
        {"updated_at": AT.format(6)},
    ),
    ("a spellchecker's result is no state", lambda p: [p.spellcheck(0)], {"updated_at": AT.format(6)}),
    ("an assessment is no state", lambda p: [p.assessed(p.result(0), p.result(1))], {"updated_at": AT.format(7)}),
    ("matching students is not looked at", lambda p: [p.outcome("student_matching", [0], [1])], {}),
    (
        "an anchor is nobody's essay",
        lambda p: [p.assessed(p.result(0, is_anchor=True))],
        {"updated_at": AT.format(7)},
    ),
]


@pytest.mark.parametrize(("steps", "changes"), [each[1:] for each in IMPLIED], ids=[each[0] for each in IMPLIED])
async def test_an_event_implies(ras: httpx.AsyncClient, ras_database: RolledBack, steps: Steps, changes: Event) -> None:
    pipeline = Pipeline()
    assert (await receive(ras, pipeline.registered(), *steps(pipeline)))["dead"] == []
    assert await batch_row(ras_database, pipeline) == registered_row(pipeline, **changes)


async def test_a_guests_batch_has_no_students_to_confirm(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    guest = Pipeline(guest=True)
    await receive(ras, guest.registered(), *guest.slots())
    assert await batch_row(ras_database, guest) == registered_row(
        guest, state="awaiting_pipeline_configuration", updated_at=AT.format(1)
    )


async def test_a_batch_without_essays_has_no_last_slot(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    empty = Pipeline(size=0)
    await receive(ras, empty.registered())
    assert await batch_row(ras_database, empty) == registered_row(empty)
    await receive(ras, empty.configured("spellcheck"), empty.started())
    row = await batch_row(ras_database, empty)
    assert row == registered_row(
        empty,
        state="processing_pipelines",
        requested_pipelines=["spellcheck"],
        updated_at=AT.format(5),
        processing_started_at=AT.format(5),
    )


IMPLIES: dict[BatchState, Steps] = {
    BatchState.AWAITING_CONTENT_VALIDATION: lambda _: [],
    BatchState.AWAITING_STUDENT_VALIDATION: lambda p: p.slots(),
    BatchState.STUDENT_VALIDATION_COMPLETED: lambda p: [p.confirmed()],
    BatchState.VALIDATION_TIMEOUT_PROCESSED: lambda p: [p.confirmed(timeout=True)],
    BatchState.READY_FOR_PIPELINE_EXECUTION: lambda p: [p.configured("nlp")],
    BatchState.PROCESSING_PIPELINES: lambda p: [p.started()],
    BatchState.CONTENT_INGESTION_FAILED: lambda p: [p.content_failed()],
    BatchState.CANCELLED: lambda p: [p.cancelled()],
    BatchState.COMPLETED_SUCCESSFULLY: lambda p: [p.completed("completed_successfully")],
    BatchState.COMPLETED_WITH_FAILURES: lambda p: [p.completed("completed_with_failures")],
    BatchState.FAILED_CRITICALLY: lambda p: [p.completed("failed_critically")],
}


@pytest.mark.parametrize("early", IMPLIES, ids=str)
async def test_of_two_states_the_higher_rank_wins_whatever_the_times(
    ras: httpx.AsyncClient, ras_database: RolledBack, early: BatchState
) -> None:
    pipelines = {late: Pipeline() for late in IMPLIES}
    await receive(ras, *(event for each in pipelines.values() for event in [each.registered(), *IMPLIES[early](each)]))
    await receive(ras, *(event for late, each in pipelines.items() for event in IMPLIES[late](each)))
    for late, pipeline in pipelines.items():
        row = await batch_row(ras_database, pipeline)
        assert row["state"] == max(early, late, key=lambda state: RANK[state])
        assert (row["processing_completed_at"] is not None) == (row["state"] in ENDED)


async def test_the_end_is_when_the_winning_event_says(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    """Not a later one of lower rank; of two that say the same the later."""
    pipeline = Pipeline()
    await receive(ras, pipeline.registered(), pipeline.completed(at=5), pipeline.cancelled(at=9))
    await receive(ras, pipeline.completed(at=6))
    await receive(ras, pipeline.completed(at=4), pipeline.content_failed(at=8))
    assert await batch_row(ras_database, pipeline) == registered_row(
        pipeline, state="completed_successfully", updated_at=AT.format(9), processing_completed_at=AT.format(6)
    )


async def test_a_pipeline_started_when_it_first_did(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    pipeline = Pipeline()
    await receive(ras, pipeline.registered(), pipeline.started(at=6))
    await receive(ras, pipeline.started(at=3))
    await receive(ras, pipeline.started(at=7))
    assert await batch_row(ras_database, pipeline) == registered_row(
        pipeline, state="processing_pipelines", updated_at=AT.format(7), processing_started_at=AT.format(3)
    )


@pytest.mark.parametrize("later_first", [False, True])
async def test_the_latest_configuration_is_what_is_requested(
    ras: httpx.AsyncClient, ras_database: RolledBack, *, later_first: bool
) -> None:
    pipeline = Pipeline()
    events = [pipeline.configured("spellcheck", at=4), pipeline.configured("nlp", "ai_feedback", "nlp", at=5)]
    await receive(ras, pipeline.registered())
    for event in reversed(events) if later_first else events:
        await receive(ras, event)
    row = await batch_row(ras_database, pipeline)
    assert row["requested_pipelines"] == ["nlp", "ai_feedback"]


async def test_between_two_at_one_moment_the_greater_id_decides(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    lower, greater = "00000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-000000000000"
    for order in (1, -1):
        pipeline = Pipeline()
        first = pipeline.configured("nlp", event_id=lower.replace("4000", f"400{order % 3}"))
        second = pipeline.configured("spellcheck", event_id=greater.replace("4000", f"400{order % 3}"))
        await receive(ras, pipeline.registered())
        for event in (first, second)[::order]:
            await receive(ras, event)
        assert (await batch_row(ras_database, pipeline))["requested_pipelines"] == ["spellcheck"]


async def test_times_are_compared_as_moments(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    """Whatever the zone and however many digits of the second."""
    pipeline = Pipeline()
    moments = {"nlp": "2026-09-14T14:00:00.5+02:00", "spellcheck": "2026-09-14T12:00:00Z"}
    for phase, moment in moments.items():
        await receive(ras, pipeline.configured(phase, event_timestamp=moment))
    await receive(ras, pipeline.registered())
    row = await batch_row(ras_database, pipeline)
    assert (row["requested_pipelines"], row["updated_at"]) == (["nlp"], "2026-09-14T12:00:00.5+00:00")


async def test_counts_per_state_follow(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    first, second, other = Pipeline(), Pipeline(guest=True), Pipeline(user_id="teacher-2")
    await receive(ras, *(each.registered() for each in (first, second, other)))
    await receive(ras, first.started(), second.cancelled(), other.started())
    await receive(ras, first.completed(), other.registered(at=1))
    assert (await stored(ras_database, "batch_counts"))["batch_counts"] == [
        {"user_id": "teacher-1", "state": "cancelled", "n": 1},
        {"user_id": "teacher-1", "state": "completed_successfully", "n": 1},
        {"user_id": "teacher-2", "state": "processing_pipelines", "n": 1},
    ]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_any_moment_will_do(ras: httpx.AsyncClient, ras_database: RolledBack, moment: str) -> None:
    pipeline = Pipeline(size=1)
    events = [pipeline.registered(), pipeline.spellcheck(0), pipeline.started(), pipeline.completed()]
    for event in events:
        event["event_timestamp"] = moment
        assert await receive(ras, event) == accepted(1)
    row = await batch_row(ras_database, pipeline)
    moments = {row[name] for name in row if name.endswith("_at")}
    assert moments == {moment.replace("Z", "+00:00")}
