"""`batch.essays.registered` and `batch.author.matches.suggested`, as they come in by HTTP."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from cms_service.contract import AssociationStatus
from cms_service.tables import AssociationConfirmation, BatchClass, DeadLetter
from tests.support.authorship import (
    ALL_ACCEPTED,
    CONFIRMED,
    envelope,
    marks,
    published,
    receive,
    registered,
    statuses,
    stored,
    suggested,
    suggestion,
    told,
)
from tests.support.databases import RolledBack
from tests.support.given import NOON, OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student

PENDING = {"validation_status": AssociationStatus.PENDING_VALIDATION}


async def class_of_batch(cms: RolledBack, batch_id: UUID) -> tuple[UUID, str, datetime] | None:
    columns = BatchClass.class_id, BatchClass.user_id, BatchClass.created_at
    async with cms.read() as connection:
        row = (await connection.execute(select(*columns).where(BatchClass.batch_id == batch_id))).first()
        return row and (row.class_id, row.user_id, row.created_at)


async def test_a_registration_names_the_class_of_the_batch(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    batch_id, guests, class_id = uuid4(), uuid4(), await a_class(cms_database, "SV1A")
    first = registered(batch_id, class_id)
    late = registered(batch_id, uuid4(), user_id=OTHER)
    answer = await receive(cms, first, registered(guests, None), late, first)
    assert answer == {"accepted": 3, "duplicates": 1, "dead": []}

    assert await class_of_batch(cms_database, batch_id) == (class_id, TEACHER, NOON)
    assert await class_of_batch(cms_database, guests) is None
    info = await cms.get("/internal/v1/batches/class-info", params={"batch_ids": f"{batch_id},{guests}"})
    assert info.json() == {str(batch_id): {"class_id": str(class_id), "class_name": "SV1A"}, str(guests): None}


async def test_a_registration_may_be_of_a_class_that_is_not_there(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    batch_id, class_id = uuid4(), uuid4()
    assert await receive(cms, registered(batch_id, class_id)) == ALL_ACCEPTED
    assert await class_of_batch(cms_database, batch_id) == (class_id, TEACHER, NOON)


async def test_the_first_suggestion_whose_student_is_in_the_class_is_stored(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    asa, bo, elsewhere, foreign = student(), student("Bo"), student("Ek"), student("Ek", created_by_user_id=OTHER)
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, asa, bo, nobody)
    await enrol(cms_database, await a_class(cms_database), elsewhere)
    await enrol(cms_database, await a_class(cms_database, user_id=OTHER), foreign)
    first, third, bare, hopeless, unmatched = sorted(uuid4() for _ in range(5))
    essays: dict[UUID, list[dict[str, Any]]] = {
        first: [suggestion(asa.id, 0.61, 'namn: "Åsa"', "e-post"), suggestion(bo.id, 0.99)],
        third: [suggestion(uuid4()), suggestion(elsewhere.id), suggestion(bo.id, 1), suggestion(asa.id, 1)],
        bare: [{"student_id": asa.id}],
        hopeless: [suggestion(foreign.id), suggestion(nobody.id), suggestion(uuid4())],
        unmatched: [],
    }
    assert await receive(cms, suggested(batch_id, class_id, essays)) == ALL_ACCEPTED

    rows = await stored(cms_database, batch_id)
    assert [(row.essay_id, row.student_id, row.confidence_score, row.match_reasons) for row in rows.values()] == [
        (first, asa.id, 0.61, ['namn: "Åsa"', "e-post"]),
        (third, bo.id, 1.0, []),
        (bare, asa.id, None, []),
    ]
    for row in rows.values():
        assert (row.class_id, row.created_by_user_id) == (class_id, TEACHER)
        assert row.validation_status is AssociationStatus.PENDING_VALIDATION
        assert (row.validation_method, row.validated_by, row.validated_at) == (None, None, None)
    [created_at] = {row.created_at for row in rows.values()}

    deadline = (created_at + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
    assert await told(cms_database) == [
        (
            TEACHER,
            "student_matching_confirmation_required",
            {"batch_id": str(batch_id), "pending": 3, "deadline": deadline},
        )
    ]
    status = await cms.get("/internal/v1/batches/validation-status", params={"batch_ids": str(batch_id)})
    assert status.json()[str(batch_id)]["auto_confirm_deadline"] == deadline
    assert await published(cms_database) == []


async def test_an_essay_that_comes_twice_has_its_first_suggestion(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, batch_id, essay_id, asa, bo = await a_class(cms_database), uuid4(), uuid4(), student(), student("Bo")
    await enrol(cms_database, class_id, asa, bo)
    event = suggested(batch_id, class_id, {essay_id: [suggestion(asa.id)]})
    event["data"]["match_results"] += suggested(batch_id, class_id, {essay_id: [suggestion(bo.id)]})["data"][
        "match_results"
    ]
    await receive(cms, event)
    assert await statuses(cms_database, batch_id) == [(essay_id, "pending_validation", asa.id)]


async def test_an_essay_that_is_associated_is_left_alone(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id, asa, bo = await a_class(cms_database), uuid4(), student(), student("Bo")
    await enrol(cms_database, class_id, asa, bo)
    of_batch = [
        association(batch_id, class_id, student_id=asa.id, validation_status=each) for each in AssociationStatus
    ]
    elsewhere = association(uuid4(), class_id, student_id=asa.id)
    await cms_database.add(*of_batch, elsewhere)
    before = await statuses(cms_database, batch_id)
    new = uuid4()

    essays = {each.essay_id: [suggestion(bo.id)] for each in (*of_batch, elsewhere)}
    await receive(cms, suggested(batch_id, class_id, essays | {new: [suggestion(bo.id)]}))

    assert await statuses(cms_database, batch_id) == [*before, (new, "pending_validation", bo.id)]
    [(_, kind, payload)] = await told(cms_database)
    assert (kind, payload["pending"]) == ("student_matching_confirmation_required", 2)
    # The one that was there already waits since noon.
    assert payload["deadline"] == "2026-09-15T12:00:00Z"


async def test_the_same_event_again_and_another_one_like_it_change_nothing(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, asa)
    essays = {uuid4(): [suggestion(asa.id)]}
    event = suggested(batch_id, class_id, essays)
    assert await receive(cms, event, event) == {"accepted": 1, "duplicates": 1, "dead": []}
    assert await receive(cms, suggested(batch_id, class_id, essays)) == ALL_ACCEPTED
    assert len(await stored(cms_database, batch_id)) == len(await told(cms_database)) == 1
    assert await published(cms_database) == []


async def test_matches_for_an_unknown_class_are_dead(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id, asa, gone = await a_class(cms_database), uuid4(), student(), uuid4()
    await enrol(cms_database, class_id, asa)
    bad = suggested(batch_id, gone, {uuid4(): [suggestion(asa.id)]})
    good = suggested(batch_id, class_id, {uuid4(): [suggestion(asa.id)]})
    reason = f"there is no class {gone}"
    assert await receive(cms, bad, good) == {
        "accepted": 1,
        "duplicates": 0,
        "dead": [{"index": 0, "event_id": str(bad["event_id"]), "reason": reason}],
    }
    assert len(await stored(cms_database, batch_id)) == 1
    async with cms_database.read() as connection:
        letters = (await connection.execute(select(DeadLetter.event_id, DeadLetter.reason))).all()
    assert [tuple(row) for row in letters] == [(bad["event_id"], reason)]


@pytest.mark.parametrize("students", ["none", "strangers"])
async def test_matching_that_stores_nothing_is_settled_at_once(
    cms: httpx.AsyncClient, cms_database: RolledBack, students: str
) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    suggestions = [suggestion(uuid4())] if students == "strangers" else []
    event = suggested(batch_id, class_id, {uuid4(): suggestions, uuid4(): []})
    assert await receive(cms, event) == ALL_ACCEPTED
    assert await receive(cms, suggested(batch_id, class_id, {uuid4(): suggestions})) == ALL_ACCEPTED

    [sent] = await published(cms_database)
    assert sent["data"] == {
        "batch_id": str(batch_id),
        "class_id": str(class_id),
        "course_code": "SV1",
        "timeout_triggered": False,
        "associations": [],
        "validation_summary": {"total_associations": 0, "confirmed": 0, "rejected": 0},
    }
    assert (sent["event_type"], sent["correlation_id"]) == (CONFIRMED, str(event["correlation_id"]))
    assert sent["metadata"] == {"aggregate_id": str(batch_id), "aggregate_version": 1}
    assert await marks(cms_database) == {(batch_id, class_id): UUID(sent["event_id"])}
    assert await told(cms_database) == [
        (
            TEACHER,
            "student_associations_confirmed",
            {"batch_id": str(batch_id), "class_id": str(class_id), "confirmed": 0, "rejected": 0},
        )
    ]


async def test_matching_that_stores_nothing_waits_for_what_is_pending(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, batch_id, asa = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, asa)
    await cms_database.add(association(batch_id, class_id, student_id=asa.id, **PENDING))
    await receive(cms, suggested(batch_id, class_id, {uuid4(): []}))
    assert (await published(cms_database), await told(cms_database)) == ([], [])

    other = await a_class(cms_database, "SV1B")
    await receive(cms, suggested(batch_id, other, {uuid4(): []}))
    [sent] = await published(cms_database)
    assert (sent["data"]["class_id"], sent["data"]["associations"]) == (str(other), [])


async def test_what_is_published_already_is_not_published_again(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    await cms_database.add(AssociationConfirmation(batch_id=batch_id, class_id=class_id, event_id=uuid4()))
    await receive(cms, suggested(batch_id, class_id, {uuid4(): []}))
    assert (await published(cms_database), await told(cms_database)) == ([], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_id": "nope"},
        {"class_id": None},
        {"match_results": None},
        {"match_results": [{"essay_id": str(uuid4()), "suggestions": [suggestion(uuid4(), 1.01)]}]},
        {"match_results": [{"essay_id": str(uuid4()), "suggestions": [suggestion(uuid4(), -0.01)]}]},
        {"match_results": [{"essay_id": str(uuid4()), "suggestions": [suggestion(uuid4(), 1, "\0")]}]},
        {"match_results": [{"essay_id": str(uuid4()), "suggestions": [{"student_id": "1"}]}]},
    ],
)
async def test_matches_that_cannot_be_read_are_dead(
    cms: httpx.AsyncClient, cms_database: RolledBack, changes: dict[str, Any]
) -> None:
    event = suggested(uuid4(), await a_class(cms_database), {})
    event["data"] |= changes
    answer = await receive(cms, event)
    assert (answer["accepted"], [each["event_id"] for each in answer["dead"]]) == (0, [str(event["event_id"])])


@pytest.mark.parametrize("changes", [{"user_id": ".."}, {"user_id": "a\0"}, {"class_id": "x"}, {"batch_id": None}])
async def test_a_registration_that_cannot_be_read_is_dead(cms: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    event = registered(uuid4(), uuid4())
    event["data"] |= changes
    answer = await receive(cms, event)
    assert (answer["accepted"], [each["event_id"] for each in answer["dead"]]) == (0, [str(event["event_id"])])


@pytest.mark.parametrize("matched", [True, False])
async def test_the_cost_does_not_grow_with_the_essays(
    cms: httpx.AsyncClient, cms_database: RolledBack, matched: bool
) -> None:
    class_id, asa = await a_class(cms_database), student()
    await enrol(cms_database, class_id, asa)
    costs = []
    for essays in (1, 1000):
        batch_id, who = uuid4(), asa.id if matched else uuid4()
        event = suggested(batch_id, class_id, {uuid4(): [suggestion(who, 0.5, "namn")] for _ in range(essays)})
        with cms_database.statements() as sent:
            assert await receive(cms, event) == ALL_ACCEPTED
        costs.append(len(sent))
        assert len(await stored(cms_database, batch_id)) == essays * matched
    assert costs[0] == costs[1]


async def test_an_unknown_type_is_not_ours(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    assert await receive(cms, envelope("huleedu.essay.spellcheck.results.v1", {})) == ALL_ACCEPTED
    assert (await published(cms_database), await told(cms_database)) == ([], [])
