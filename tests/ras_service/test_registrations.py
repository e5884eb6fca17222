"""Registrations that are refused or come again, and events that come before theirs."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from ras_service.pending import expire
from tests.support.databases import RolledBack
from tests.support.pipeline import Event, Pipeline, accepted, batch_row, essay_rows, receive, stored

EMPTY: dict[str, list[Event]] = {"batch_results": [], "essay_results": [], "batch_counts": [], "pending_events": []}


async def letters(database: RolledBack) -> list[tuple[str, str]]:
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT CAST(event_id AS text), reason FROM dead_letters ORDER BY id"))
        return [(event_id, reason) for event_id, reason in rows]


async def processed(database: RolledBack) -> set[str]:
    async with database.read() as connection:
        return set(await connection.scalars(text("SELECT CAST(event_id AS text) FROM processed_events")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expected_essay_count": 3}, "expected_essay_count is 3, and essay_ids has 2"),
        ({"expected_essay_count": 0, "essay_ids": []}, None),
        ({"user_id": ".."}, "matching regex"),
        ({"user_id": "a b"}, "matching regex"),
        ({"title": "a\0"}, "matching regex"),
        ({"assignment_id": "x" * 255}, None),
        ({"assignment_id": "x" * 256}, "length <= 255"),
        ({"essay_ids": ["nope"], "expected_essay_count": 1}, "Invalid UUID - at `$.essay_ids"),
        ({"batch_id": None}, "Expected `uuid`, got `null`"),
        ({"class_id": "SV1"}, "Invalid UUID"),
    ],
)
async def test_what_a_registration_may_say(
    ras: httpx.AsyncClient, ras_database: RolledBack, changes: Event, reason: str | None
) -> None:
    event = Pipeline().registered(data=changes)
    answer = await receive(ras, event)
    if reason is None:
        assert answer == accepted(1)
        return
    [dead] = answer.pop("dead")
    assert answer | {"dead": []} == accepted(0)
    assert (dead["index"], dead["event_id"]) == (0, event["event_id"])
    assert reason in dead["reason"]
    assert await letters(ras_database) == [(event["event_id"], dead["reason"])]
    assert (await stored(ras_database), await processed(ras_database)) == (EMPTY, set())


async def test_refusals_do_not_touch_the_others_of_their_list(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    good, bad, twice, thief = Pipeline(), Pipeline(), Pipeline(), Pipeline()
    thief.essays[1] = good.essays[0]
    twice.essays[1] = twice.essays[0]
    refused = [bad.registered(data={"expected_essay_count": 9}), twice.registered(), thief.registered()]
    with ras_database.statements() as sent:
        answer = await receive(ras, good.registered(), refused[0], bad.slot(0), refused[1], refused[2], good.slot(0))
    reasons = [
        "expected_essay_count is 9, and essay_ids has 2",
        "essay_ids has an essay twice",
        f"essay {good.essays[0]} is of batch {good.batch_id}",
    ]
    assert answer == {
        "accepted": 3,
        "duplicates": 0,
        "dead": [
            {"index": index, "event_id": event["event_id"], "reason": reason}
            for index, event, reason in zip((1, 3, 4), refused, reasons, strict=True)
        ],
    }
    assert len([each for each, _ in sent if "processed_events (" in each]) == 1
    rows = await stored(ras_database)
    assert [row["batch_id"] for row in rows["batch_results"]] == [good.batch_id]
    assert [row["filename"] for row in rows["essay_results"]] == ["essä_0.docx", None]
    # They may come again, once what was wrong is right.
    assert await receive(ras, bad.registered(event_id=refused[0]["event_id"])) == accepted(1)
    assert (await essay_rows(ras_database, bad))[0]["filename"] == "essä_0.docx"


async def test_an_essay_belongs_to_the_batch_that_was_registered_with_it(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    first, second = Pipeline(), Pipeline()
    second.essays[0] = first.essays[1]
    await receive(ras, first.registered())
    event = second.registered()
    assert (await receive(ras, event, second.started()))["dead"] == [
        {"index": 0, "event_id": event["event_id"], "reason": f"essay {first.essays[1]} is of batch {first.batch_id}"}
    ]
    rows = await stored(ras_database)
    assert [row["batch_id"] for row in rows["batch_results"]] == [first.batch_id]
    assert [row["batch_id"] for row in rows["pending_events"]] == [second.batch_id]


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
async def test_a_batch_may_be_registered_again(
    ras: httpx.AsyncClient, ras_database: RolledBack, *, together: bool, backwards: bool
) -> None:
    """The later one says what may differ, as with any field; here it makes a guest's batch of a regular one."""
    pipeline = Pipeline()
    events = [
        pipeline.registered(at=0),
        pipeline.registered(at=2, data={"class_id": None, "title": None, "assignment_id": "ny"}),
    ][:: -1 if backwards else 1]
    await receive(ras, *pipeline.slots(at=1))
    if together:
        assert await receive(ras, *events) == accepted(2)
    else:
        assert [await receive(ras, event) for event in events] == [accepted(1)] * 2
    row = await batch_row(ras_database, pipeline)
    assert {
        name: row[name] for name in ("title", "assignment_id", "batch_type", "state", "created_at", "updated_at")
    } == {
        "title": None,
        "assignment_id": "ny",
        "batch_type": "guest",
        "state": "awaiting_pipeline_configuration",
        "created_at": "2026-09-14T12:02:00+00:00",
        "updated_at": "2026-09-14T12:02:00+00:00",
    }
    assert (await stored(ras_database, "batch_counts"))["batch_counts"] == [
        {"user_id": "teacher-1", "state": "awaiting_pipeline_configuration", "n": 1}
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user_id": "teacher-2"}, "is registered for another user"),
        ({"essay_ids": [str(uuid4()), str(uuid4())]}, "is registered with other essays"),
        ({"essay_ids": [], "expected_essay_count": 0}, "is registered with other essays"),
    ],
)
@pytest.mark.parametrize("together", [False, True])
async def test_a_registration_that_contradicts_the_first_is_dead(
    ras: httpx.AsyncClient, ras_database: RolledBack, changes: Event, reason: str, *, together: bool
) -> None:
    pipeline = Pipeline()
    first, second = pipeline.registered(), pipeline.registered(at=5, data=changes)
    answers = (
        [await receive(ras, first, second)] if together else [await receive(ras, each) for each in (first, second)]
    )
    [dead] = answers[-1]["dead"]
    assert (dead["event_id"], dead["reason"]) == (second["event_id"], f"batch {pipeline.batch_id} {reason}")
    row = await batch_row(ras_database, pipeline)
    assert (row["user_id"], row["essay_count"], row["updated_at"]) == ("teacher-1", 2, "2026-09-14T12:00:00+00:00")


async def test_the_same_essays_in_another_order_are_other_essays(ras: httpx.AsyncClient) -> None:
    pipeline = Pipeline()
    answer = await receive(ras, pipeline.registered(), pipeline.registered(data={"essay_ids": pipeline.essays[::-1]}))
    assert [dead["reason"] for dead in answer["dead"]] == [f"batch {pipeline.batch_id} is registered with other essays"]


async def test_events_wait_for_their_batch(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    early, on_time = Pipeline(), Pipeline()
    events = [*early.slots(), early.confirmed(), early.configured("spellcheck"), early.spellcheck(0), early.completed()]
    assert await receive(ras, *events) == accepted(6)
    assert await receive(ras, *events) == accepted(0, duplicates=6)
    assert await stored(ras_database) == EMPTY | {
        "pending_events": sorted(
            (
                {
                    "event_id": event["event_id"],
                    "batch_id": early.batch_id,
                    "event_type": event["event_type"],
                    "body": "\\x" + encoded_body(event),
                }
                for event in events
            ),
            key=lambda row: row["event_id"],
        )
    }
    await receive(ras, on_time.registered(), early.registered(at=9))
    assert (await stored(ras_database, "pending_events"))["pending_events"] == []
    row = await batch_row(ras_database, early)
    assert (row["state"], row["completed_essay_count"], row["updated_at"]) == (
        "completed_successfully",
        1,
        "2026-09-14T12:09:00+00:00",
    )
    assert await receive(ras, *events) == accepted(0, duplicates=6)


def encoded_body(event: Event) -> str:
    """As httpx sends it inside of a list."""
    import json

    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode().hex()


async def test_what_nobody_reads_may_be_anything_while_it_waits(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    """JSON has texts and numbers that PostgreSQL's has not."""
    pipeline = Pipeline(size=1)
    event = pipeline.spellcheck(0)
    event["data"] |= {"note": "a\0b", "text": "e" * 10_000, "n": 10**400}
    assert await receive(ras, event) == accepted(1)
    await receive(ras, pipeline.registered())
    assert (await essay_rows(ras_database, pipeline))[0]["spellcheck_stage"] == "completed"


async def test_malformed_events_do_not_wait(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    pipeline = Pipeline()
    broken: list[dict[str, Any]] = [
        pipeline.configured("proofreading"),
        pipeline.spellcheck(0, "finished"),
        pipeline.spellcheck(0, corrections=-1),
        pipeline.completed("cancelled"),
        pipeline.assessed({"essay_id": pipeline.essays[0], "rank": 1}),
        pipeline.started(schema_version=2),
    ]
    answer = await receive(ras, *broken)
    assert [dead["index"] for dead in answer["dead"]] == list(range(len(broken)))
    assert await stored(ras_database) == EMPTY


async def age_all(database: RolledBack, age: timedelta) -> None:
    async with database.write() as connection:
        await connection.execute(
            text("UPDATE pending_events SET received_at = received_at - CAST(:age AS interval)"), {"age": age}
        )


async def test_what_waited_for_a_week_is_dead_and_may_come_again(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    forgotten, recent = Pipeline(), Pipeline()
    late = forgotten.cancelled()
    await receive(ras, late)
    await age_all(ras_database, timedelta(days=7, seconds=1))
    await receive(ras, recent.cancelled())

    week = timedelta(days=7)
    assert [await expire(ras_database, week), await expire(ras_database, week)] == [1, 0]
    assert await letters(ras_database) == [
        (late["event_id"], f"batch {forgotten.batch_id} was not registered in time"),
    ]
    async with ras_database.read() as connection:
        body = await connection.scalar(text("SELECT body FROM dead_letters"))
    assert body.hex() == encoded_body(late)
    assert [row["batch_id"] for row in (await stored(ras_database, "pending_events"))["pending_events"]] == [
        recent.batch_id
    ]
    assert await receive(ras, late, forgotten.registered()) == accepted(2)
    assert (await batch_row(ras_database, forgotten))["state"] == "cancelled"


async def test_many_expire_in_turns(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    await receive(ras, *(Pipeline().started() for _ in range(1000)))
    await receive(ras, *(Pipeline().started() for _ in range(17)))
    await age_all(ras_database, timedelta(days=8))
    assert await expire(ras_database, timedelta(days=7)) == 1017
    assert (await stored(ras_database, "pending_events"))["pending_events"] == []
