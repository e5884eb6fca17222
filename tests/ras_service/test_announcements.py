"""What teachers and other services learn of batches."""

from uuid import uuid4

import httpx
from structlog.testing import capture_logs

from kit.ids import parse_uuid
from kit.logging import add_correlation_id
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.pipeline import Event, Pipeline, published, receive, told


def status(pipeline: Pipeline, **changes: object) -> tuple[str, str, Event]:
    payload = {
        "batch_id": pipeline.batch_id,
        "status": "pending_content",
        "processing_phase": None,
        "total_essays": len(pipeline.essays),
        "completed_essays": 0,
        "failed_essays": 0,
        "completed_at": None,
    }
    return pipeline.user_id, "batch_status_updated", payload | changes


async def test_a_teacher_is_told_of_what_changes_and_of_nothing_else(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    pipeline = Pipeline()
    await receive(ras, pipeline.registered())
    await receive(ras, pipeline.slot(0))  # a file is not on the dashboard
    await receive(ras, pipeline.slot(1))
    await receive(ras, pipeline.confirmed())  # it is processing already
    await receive(ras, pipeline.configured("spellcheck", "cj_assessment"))
    await receive(ras, pipeline.started())
    await receive(ras, pipeline.spellcheck(0, "processing"))
    await receive(ras, pipeline.spellcheck(0), pipeline.spellcheck(1, "failed"))
    await receive(ras, pipeline.registered(at=1))
    await receive(ras, pipeline.assessed(pipeline.result(0)))
    await receive(ras, pipeline.completed("completed_with_failures"))
    await receive(ras, pipeline.completed("completed_with_failures", at=4))
    counted = {"completed_essays": 1, "failed_essays": 1}
    ended = {"status": "completed_with_failures", "completed_at": "2026-09-14T12:08:00Z"}
    assert await told(ras_database) == [
        status(pipeline),
        status(pipeline, status="processing"),
        status(pipeline, status="ready"),
        status(pipeline, status="processing", processing_phase="spellcheck"),
        status(pipeline, status="processing", processing_phase="cj_assessment", failed_essays=1),
        status(pipeline, status="processing", **counted),
        status(pipeline, **ended, **counted),
        (TEACHER, "batch_results_ready", {"batch_id": pipeline.batch_id, "status": "completed_with_failures"}),
    ]


async def test_of_a_batch_there_is_one_update_per_transaction(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    first, second = sorted((Pipeline(), Pipeline(user_id="teacher-2")), key=lambda each: each.batch_id)
    late = [second.started(), second.configured("nlp"), second.registered()]
    await receive(ras, first.registered(), *first.slots(), first.started(), *late, first.cancelled())
    ended = {"status": "cancelled", "completed_at": "2026-09-14T12:08:00Z"}
    expected = [status(first, **ended), status(second, status="processing", processing_phase="nlp")]
    assert sorted(await told(ras_database), key=lambda each: each[2]["batch_id"]) == expected


async def test_results_are_published_when_a_batch_is_first_completed(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    pipeline = Pipeline()
    end = pipeline.completed(correlation_id=str(uuid4()))
    await receive(ras, pipeline.registered(), pipeline.configured("nlp"), pipeline.started(), pipeline.cancelled())
    await receive(ras, pipeline.outcome("nlp", [0], [1]), end, pipeline.completed(at=3))
    # None of these completes it again.
    await receive(ras, pipeline.completed("completed_with_failures"))
    await receive(ras, pipeline.completed("failed_critically"))

    data = {
        "batch_id": pipeline.batch_id,
        "user_id": TEACHER,
        "overall_status": "completed_successfully",
        "essay_count": 2,
        "completed_essay_count": 1,
        "failed_essay_count": 1,
    }
    sent = await published(ras_database)
    assert [
        (each["event_type"], each["data"], each["source_service"], each["correlation_id"], each["metadata"])
        for each in sent
    ] == [
        (
            kind,
            data,
            "result_aggregator_service",
            end["correlation_id"],
            {"aggregate_id": pipeline.batch_id, "aggregate_version": version},
        )
        for version, kind in enumerate(
            ("huleedu.ras.batch.results.ready.v1", "huleedu.notification.teacher.requested.v1"), start=1
        )
    ]
    ready = [payload for _, kind, payload in await told(ras_database) if kind == "batch_results_ready"]
    assert ready == [{"batch_id": pipeline.batch_id, "status": "completed_successfully"}]


async def test_a_batch_that_ended_otherwise_has_no_results(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    failed, cancelled, at_once = Pipeline(), Pipeline(), Pipeline()
    await receive(ras, failed.registered(), cancelled.registered(), at_once.registered())
    await receive(ras, failed.completed("failed_critically"), cancelled.cancelled())
    await receive(ras, failed.completed())
    await receive(ras, at_once.completed(), at_once.completed("failed_critically"))
    assert await published(ras_database) == []
    assert [kind for _, kind, _ in await told(ras_database) if kind == "batch_results_ready"] == []


async def test_results_of_many_batches_each_have_their_own_correlation(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    pipelines = [Pipeline() for _ in range(3)]
    ends = {each.batch_id: each.completed() for each in pipelines}
    ends[pipelines[2].batch_id]["correlation_id"] = "none that is one"
    await receive(ras, *(each.registered() for each in pipelines), *ends.values())
    found = {each["metadata"]["aggregate_id"]: each["correlation_id"] for each in await published(ras_database)}
    for pipeline in pipelines[:2]:
        assert found[pipeline.batch_id] == ends[pipeline.batch_id]["correlation_id"]
    assert parse_uuid(found[pipelines[2].batch_id])


async def test_counts_of_the_pipeline_that_differ_are_logged(ras: httpx.AsyncClient) -> None:
    right, wrong = Pipeline(), Pipeline()
    await receive(ras, *(event for each in (right, wrong) for event in (each.registered(), each.configured("nlp"))))
    ends = right.completed(done=1, failed=1), wrong.completed(done=2)
    with capture_logs(processors=[add_correlation_id]) as logged:
        await receive(ras, right.outcome("nlp", [0], [1]), wrong.outcome("nlp", [0], [1]), *ends)
    assert [each for each in logged if each["event"] == "counts differ"] == [
        {
            "event": "counts differ",
            "log_level": "info",
            "batch_id": wrong.batch_id,
            "ours": (1, 1),
            "theirs": (2, 0),
            "correlation_id": ends[1]["correlation_id"],
        }
    ]


async def test_the_cost_does_not_grow_with_the_list(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    costs = []
    for size in (1, 40):
        pipelines = [Pipeline(size=5, user_id=f"teacher-{n % 3}") for n in range(size)]
        with ras_database.statements() as sent:
            await receive(ras, *(each.slot(0) for each in pipelines))
            await receive(ras, *(event for each in pipelines for event in (each.registered(), each.configured("nlp"))))
            await receive(ras, *(event for each in pipelines for event in (each.outcome("nlp", [0]), each.completed())))
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 40
