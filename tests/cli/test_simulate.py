"""The pipeline simulator, against the real services over HTTP on PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from cli.simulator import Chances
from cli.simulator.events import CMS, RAS, kinds
from cms_service import matching
from ras_service import ingestion
from ras_service.events import ASSOCIATIONS_CONFIRMED
from ras_service.lifecycle import PUBLIC, BatchState
from tests.cli.simulating import NEVER, Json, System, of_batches, system
from tests.kit.events.subscriber import Subscriber, always, until
from tests.support.databases import Databases

PHASES = {"spellcheck", "nlp", "cj_assessment", "ai_feedback"}


@pytest.fixture(scope="module")
async def up(databases: Databases) -> AsyncIterator[System]:
    async with system(databases) as made:
        yield made


# How batches end


ENDS = {
    BatchState.COMPLETED_SUCCESSFULLY: NEVER,
    BatchState.COMPLETED_WITH_FAILURES: replace(NEVER, with_failures=1),
    BatchState.FAILED_CRITICALLY: replace(NEVER, failed_critically=1),
    BatchState.CONTENT_INGESTION_FAILED: replace(NEVER, content_failed=1),
    BatchState.CANCELLED: replace(NEVER, cancelled=1),
}


@pytest.mark.parametrize("guest", [0, 1])
@pytest.mark.parametrize("end", ENDS)
async def test_batches_end_as_they_were_to(up: System, end: BatchState, guest: float) -> None:
    school = await up.school()
    async with school.simulation(replace(ENDS[end], guest=guest)) as simulation:
        await simulation.run(3)
    assert simulation.tally.ended == {end: 3}, school.said
    batches = await school.batches()
    assert [each["overall_status"] for each in batches] == [PUBLIC[end]] * 3
    assert {each["batch_type"] for each in batches} == {"guest" if guest else "regular"}
    for batch in batches:
        assert batch["essay_count"] == len(batch["essays"]) >= 8
        assert batch["processing_completed_at"] > batch["created_at"]
        unread = [each for each in batch["essays"] if each["filename"] is None]
        assert len(unread) == (end is BatchState.CONTENT_INGESTION_FAILED)
        if end.value.startswith("completed_"):
            check_results(batch)
    assert await up.dead() == []


def check_results(batch: Json) -> None:
    """Every essay has got to the end of what was requested, or failed on the way."""
    requested = PHASES & {*batch["requested_pipelines"]}
    stages = [{phase: each["stages"][phase]["stage"] for phase in requested} for each in batch["essays"]]
    failed = sum("failed" in each.values() for each in stages)
    assert all("failed" in each.values() or {*each.values()} == {"completed"} for each in stages)
    assert (batch["completed_essay_count"], batch["failed_essay_count"]) == (len(stages) - failed, failed)
    assert (failed > 0) == (batch["overall_status"] == "completed_with_failures")
    for each in batch["essays"]:
        checked, judged = (each["stages"][phase]["stage"] == "completed" for phase in ("spellcheck", "cj_assessment"))
        assert each["spellcheck_correction_count"] is not None or not checked
        assert (each["cj_rank"] is not None) == (each["cj_score"] is not None) == judged


async def test_the_teacher_settles_who_wrote_what(up: System) -> None:
    school = await up.school()
    async with school.simulation(NEVER) as simulation:
        await simulation.run(4)
    settled: Counter[str] = Counter()
    for batch in await school.batches():
        rows = await school.associations(batch["batch_id"])
        assert {row["class_id"] for row in rows} == {school.class_id}
        assert {row["validated_by"] for row in rows} == {school.teacher}
        writers = [row["student_id"] for row in rows if row["validation_status"] == "confirmed"]
        assert len({*writers}) == len(writers), "nobody hands in twice"
        settled.update(row["validation_status"] for row in rows)
    assert settled["confirmed"] > 20
    assert settled["pending_validation"] == 0


async def test_without_a_class_all_are_guests(up: System) -> None:
    school = await up.school(students=0)
    async with school.simulation(NEVER) as simulation:
        await simulation.run(1)
    [batch] = await school.batches()
    assert batch["batch_type"] == "guest"


# The teacher at the screen


async def test_what_is_left_to_the_teacher_does_not_keep_it_from_ending(up: System) -> None:
    school = await up.school()
    async with school.simulation(replace(NEVER, left=1)) as simulation:
        await simulation.run(10)
    assert (simulation.tally.left, simulation.tally.ended) == (10, {})
    assert {each["overall_status"] for each in await school.batches()} == {"processing"}


async def test_it_goes_on_when_the_teacher_has_settled(up: System) -> None:
    school = await up.school()
    async with school.simulation(replace(NEVER, left=1)) as simulation:
        playing = asyncio.create_task(simulation.run(None))
        await until(lambda: sum("waits for its teacher" in line for line in school.said) >= 2)
        batch_id = (await school.batches())[-1]["batch_id"]
        rows = await school.associations(batch_id)
        decisions = [{"essay_id": row["essay_id"], "confirmed": False} for row in rows]
        path = f"/batches/{batch_id}/student-associations/confirm"
        assert (await school.cms.ask("POST", path, json={"associations": decisions})).status_code == 200
        await until(lambda: simulation.tally.ended[BatchState.COMPLETED_SUCCESSFULLY])
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    ended = {each["batch_id"]: each["overall_status"] for each in await school.batches()}
    assert [batch_id for batch_id, status in ended.items() if status == "completed_successfully"] == [batch_id]


# What is published


def test_who_is_told_is_who_consumes() -> None:
    told = {name: {kind.type for kind in kinds() if name in kind.by} for name in (CMS, RAS)}
    assert told[CMS] == {*matching.handlers(timedelta(hours=24))}
    assert told[RAS] == {*ingestion.handlers()} - {ASSOCIATIONS_CONFIRMED}, "which CMS publishes"


async def test_events_come_one_after_the_other_and_are_complete(up: System) -> None:
    school, everything = await up.school(), Subscriber()
    async with everything.running(), school.simulation(Chances(left=0), beside=everything.url) as simulation:
        await simulation.run(12)
    played = of_batches(everything.events)
    assert len(played) == 12
    for batch_id, events in played.items():
        assert [each["metadata"] for each in events] == [
            {"aggregate_id": str(batch_id), "aggregate_version": n} for n in range(1, len(events) + 1)
        ]
        assert len({each["correlation_id"] for each in events}) == 1
        assert len({each["event_id"] for each in events}) == len(events)
        assert all(one["event_timestamp"] <= other["event_timestamp"] for one, other in pairwise(events))
        assert events[0]["event_type"] == "huleedu.batch.essays.registered.v1"
        essays = {*events[0]["data"]["essay_ids"]}
        assert essays_named(events) <= essays
    assert await up.dead() == []


def essays_named(events: list[Json]) -> set[str]:
    found: set[str] = set()
    for data in (each["data"] for each in events):
        found |= {*data.get("processed_essay_ids", []), *data.get("failed_essay_ids", [])}
        found |= {data["essay_id"]} if "essay_id" in data else set()
        listed = [*data.get("match_results", []), *data.get("essay_results", [])]
        found |= {each["essay_id"] for each in listed if not each.get("is_anchor")}
    return found


async def test_what_is_not_taken_is_sent_again_as_it_was(up: System) -> None:
    school, flaky = await up.school(), Subscriber(answer=always(503))
    async with flaky.running(), school.simulation(replace(NEVER, guest=1), beside=flaky.url) as simulation:
        playing = asyncio.create_task(simulation.run(1))
        await until(lambda: len(flaky.asked) >= 3)
        assert flaky.asked[0] == flaky.asked[1] == flaky.asked[2]
        assert sum("is away" in line for line in school.said) == 1
        flaky.answer = Subscriber().answer
        await playing
    assert [each["metadata"]["aggregate_version"] for each in flaky.events] == [*range(1, len(flaky.events) + 1)]
    assert simulation.tally.ended == {BatchState.COMPLETED_SUCCESSFULLY: 1}


async def test_what_is_refused_breaks_off_its_batch_alone(up: System) -> None:
    school, strict = await up.school(), Subscriber(answer=always(400))
    async with strict.running(), school.simulation(NEVER, beside=strict.url) as simulation:
        await simulation.run(2)
    assert (simulation.tally.broken_off, simulation.tally.ended) == (2, {})
    assert school.told("refuses huleedu.batch.essays.registered.v1: 400: no")
