"""Confirmations that are not accepted: each names what is wrong with it, and changes nothing."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from cms_service.contract import AssociationStatus
from tests.support.authorship import published, statuses, told
from tests.support.confirming import PENDING, Batch, confirmed, decision, fields, post
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student


@pytest.fixture
async def batch(cms_database: RolledBack) -> Batch:
    return await Batch().given(cms_database)


async def test_the_student_may_be_any_of_ones_own_in_the_class_but_unknown(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    elsewhere, idle, foreign, nobody = (
        student("Ek"),
        student("Ek"),
        student("Ek", created_by_user_id=OTHER),
        unknown_student(batch.class_id),
    )
    await enrol(cms_database, await a_class(cms_database), elsewhere)
    await enrol(cms_database, await a_class(cms_database, user_id=OTHER), foreign)
    await enrol(cms_database, batch.class_id, nobody)
    await cms_database.add(idle)
    placeholders = association(
        batch.batch_id, batch.class_id, student_id=nobody.id, validation_status=AssociationStatus.TIMEOUT_CONFIRMED
    )
    await cms_database.add(placeholders)
    before = await statuses(cms_database, batch.batch_id)

    for wrong in (elsewhere.id, idle.id, foreign.id, nobody.id, uuid4()):
        said = [decision(batch.two), decision(batch.one, wrong), decision(batch.three, batch.cim)]
        assert fields(await post(cms, batch.batch_id, *said)) == ["associations.1.student_id"]
    # Even where the deadline had to name the UNKNOWN student, a teacher cannot.
    again = await post(cms, batch.batch_id, decision(placeholders.essay_id, nobody.id))
    assert fields(again) == ["associations.0.student_id"]
    assert await statuses(cms_database, batch.batch_id) == before
    assert (await published(cms_database), await told(cms_database)) == ([], [])


async def test_the_suggestion_may_be_confirmed_though_the_student_has_left_the_class(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    left = student("Di")
    row = association(batch.batch_id, batch.class_id, student_id=left.id, validation_status=PENDING)
    await cms_database.add(left)
    await cms_database.add(row)
    assert await confirmed(cms, batch.batch_id, decision(row.essay_id, left.id)) == (1, 0, 3)


async def test_an_essay_without_a_visible_row_in_the_batch_is_named(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    foreign = association(batch.batch_id, await a_class(cms_database, user_id=OTHER), created_by_user_id=OTHER)
    elsewhere, classless = association(uuid4(), batch.class_id), association(batch.batch_id, None)
    await cms_database.add(foreign, elsewhere, classless)
    before = await statuses(cms_database, batch.batch_id)
    said = [
        decision(uuid4()),
        decision(batch.one, batch.asa),
        decision(foreign.essay_id, batch.asa),
        decision(elsewhere.essay_id),
        decision(classless.essay_id),
        decision(batch.two, uuid4()),
    ]
    assert fields(await post(cms, batch.batch_id, *said)) == [
        "associations.0.essay_id",
        "associations.2.essay_id",
        "associations.3.essay_id",
        "associations.4.essay_id",
        "associations.5.student_id",
    ]
    assert await statuses(cms_database, batch.batch_id) == before


async def test_without_a_visible_row_there_is_no_such_batch(
    cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch
) -> None:
    theirs = await post(cms, batch.batch_id, decision(batch.one, batch.asa), user_id=OTHER)
    unknown = await post(cms, uuid4(), decision(batch.one, batch.asa), user_id=OTHER)
    assert theirs.status_code == unknown.status_code == 404
    first, second = theirs.json()["error"], unknown.json()["error"]
    assert first | {"correlation_id": ""} == second | {"correlation_id": ""}
    assert {status for _, status, _ in await statuses(cms_database, batch.batch_id)} == {"pending_validation"}


@pytest.mark.parametrize(
    ("associations", "wrong"),
    [
        (None, ["associations"]),
        ({}, ["associations"]),
        ([None, 1], ["associations.0", "associations.1"]),
        ([{}], ["associations.0.essay_id", "associations.0.confirmed"]),
        ([{"essay_id": "x", "confirmed": "yes"}], ["associations.0.essay_id", "associations.0.confirmed"]),
        ([{"essay_id": str(uuid4()), "confirmed": True}], ["associations.0.student_id"]),
        ([{"essay_id": str(uuid4()), "confirmed": True, "student_id": None}], ["associations.0.student_id"]),
        ([{"essay_id": str(uuid4()), "confirmed": True, "student_id": "x"}], ["associations.0.student_id"]),
        ([{"essay_id": str(uuid4()), "confirmed": False, "student_id": "x"}], ["associations.0.student_id"]),
        ([{"essay_id": "{" + str(uuid4()) + "}", "confirmed": False}], ["associations.0.essay_id"]),
        ([{"essay_id": uuid4().hex, "confirmed": False}], ["associations.0.essay_id"]),
    ],
)
async def test_every_failing_field_is_named(
    cms: httpx.AsyncClient, batch: Batch, associations: Any, wrong: list[str]
) -> None:
    path = f"/v1/batches/{batch.batch_id}/student-associations/confirm"
    answer = await cms.post(path, json={"associations": associations}, headers={"X-User-ID": TEACHER})
    assert fields(answer) == wrong


async def test_an_essay_may_be_listed_once(cms: httpx.AsyncClient, cms_database: RolledBack, batch: Batch) -> None:
    upper = decision(batch.one) | {"essay_id": str(batch.one).upper()}
    said = [decision(batch.one, batch.asa), decision(batch.two), upper, decision(batch.two)]
    assert fields(await post(cms, batch.batch_id, *said)) == ["associations.2.essay_id", "associations.3.essay_id"]
    assert {status for _, status, _ in await statuses(cms_database, batch.batch_id)} == {"pending_validation"}
    assert await confirmed(cms, batch.batch_id, upper) == (0, 1, 2)


async def test_at_most_a_thousand(cms: httpx.AsyncClient, batch: Batch) -> None:
    assert fields(await post(cms, batch.batch_id, *(decision(uuid4()) for _ in range(1001)))) == ["associations"]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b'{"associations": []}', "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"{}" + b" " * 2_000_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_none(
    cms: httpx.AsyncClient, batch: Batch, content: bytes, content_type: str, status: int
) -> None:
    headers = {"X-User-ID": TEACHER, "Content-Type": content_type}
    path = f"/v1/batches/{batch.batch_id}/student-associations/confirm"
    assert (await cms.post(path, content=content, headers=headers)).status_code == status
