from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from cms_service.contract import AssociationMethod, AssociationStatus
from tests.support.apps import INTERNAL
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, minutes
from tests.support.pupils import enrol, student

AS_TEACHER = {"X-User-ID": TEACHER}


async def listed(cms: httpx.AsyncClient, batch_id: UUID, **params: Any) -> dict[str, Any]:
    answer = await cms.get(f"/v1/batches/{batch_id}/student-associations", params=params, headers=AS_TEACHER)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_association_as_it_goes_out(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id, writer = await a_class(cms_database), uuid4(), student()
    await enrol(cms_database, class_id, writer)
    whole = association(
        batch_id,
        class_id,
        student_id=writer.id,
        confidence_score=0.875,
        match_reasons=["e-post", "namn"],
        validation_method=AssociationMethod.HUMAN,
        validated_by=TEACHER,
        validated_at=minutes(3),
        created_at=minutes(1),
    )
    bare = association(batch_id, None, validation_status=AssociationStatus.REJECTED)
    await cms_database.add(whole, bare, association(uuid4(), class_id))

    assert await listed(cms, batch_id) == {
        "associations": [
            {
                "essay_id": str(bare.essay_id),
                "batch_id": str(batch_id),
                "class_id": None,
                "student_id": None,
                "confidence_score": None,
                "match_reasons": [],
                "validation_status": "rejected",
                "validation_method": None,
                "validated_by": None,
                "validated_at": None,
                "created_at": "2026-09-14T12:00:00Z",
            },
            {
                "essay_id": str(whole.essay_id),
                "batch_id": str(batch_id),
                "class_id": str(class_id),
                "student_id": str(writer.id),
                "confidence_score": 0.875,
                "match_reasons": ["e-post", "namn"],
                "validation_status": "confirmed",
                "validation_method": "human",
                "validated_by": TEACHER,
                "validated_at": "2026-09-14T12:03:00Z",
                "created_at": "2026-09-14T12:01:00Z",
            },
        ],
        "pagination": {"limit": 20, "offset": 0, "total": 2, "next": None},
    }


async def test_oldest_first_in_pages_of_either_kind(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    made = [association(batch_id, class_id, created_at=minutes(n // 2)) for n in range(7)]  # pairs share a moment
    oldest = [str(row.essay_id) for row in sorted(made, key=lambda row: (row.created_at, row.essay_id))]
    await cms_database.add(*made)

    def ids(page: dict[str, Any]) -> list[str]:
        return [each["essay_id"] for each in page["associations"]]

    assert ids(await listed(cms, batch_id)) == oldest
    assert ids(await listed(cms, batch_id, limit=3, offset=2)) == oldest[2:5]
    far = await listed(cms, batch_id, offset=9)
    assert (ids(far), far["pagination"]["total"], far["pagination"]["next"]) == ([], 7, None)

    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = await listed(cms, batch_id, limit=2, cursors="true", **after)
        assert (page["pagination"]["total"], len(page["cursors"])) == (7, len(ids(page)))
        seen += ids(page)
        if page["pagination"]["next"] is None:
            break
        assert page["pagination"]["next"] == page["cursors"][-1]
        after = {"after": page["pagination"]["next"]}
    assert seen == oldest
    middle = (await listed(cms, batch_id, limit=3, cursors="true"))["cursors"][1]
    assert ids(await listed(cms, batch_id, limit=1, after=middle)) == oldest[2:3]


async def test_all_bad_parameters_are_named_in_one_answer(cms: httpx.AsyncClient) -> None:
    path = f"/v1/batches/{uuid4()}/student-associations"
    params: dict[str, str] = {"limit": "0", "offset": "-1", "after": "x", "cursors": "1"}
    answer = await cms.get(path, params=params, headers=AS_TEACHER)
    assert answer.status_code == 400
    fields = [each["field"] for each in answer.json()["error"]["fields"]]
    assert sorted(fields) == ["after", "cursors", "limit", "offset"]


async def test_another_teachers_rows_are_not_there(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id = await a_class(cms_database, user_id=OTHER), uuid4()
    mine, empty = await a_class(cms_database), {"limit": 20, "offset": 0, "total": 0, "next": None}
    await cms_database.add(association(batch_id, class_id, created_by_user_id=OTHER))
    nothing = {"associations": [], "pagination": empty}
    assert await listed(cms, batch_id) == await listed(cms, uuid4()) == nothing

    own = association(batch_id, mine)
    await cms_database.add(own)
    page = await listed(cms, batch_id)
    assert [each["essay_id"] for each in page["associations"]] == [str(own.essay_id)]
    assert page["pagination"]["total"] == 1


CONFIRM = {"associations": [{"essay_id": str(uuid4()), "confirmed": False}]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        (INTERNAL, 401),
        ({"X-User-ID": TEACHER}, 401),
        (INTERNAL | {"X-Internal-API-Key": "wrong"} | AS_TEACHER, 401),
        (INTERNAL | {"X-User-ID": ".."}, 400),
        (INTERNAL | AS_TEACHER, 404),
    ],
)
async def test_who_may_ask(cms: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    """With the last, that batch is nobody's."""
    cms.headers = httpx.Headers()
    path = f"/v1/batches/{uuid4()}/student-associations"
    answer = await cms.post(f"{path}/confirm", json=CONFIRM, headers=headers)
    assert answer.status_code == status
    assert (await cms.get(path, headers=headers)).status_code == (200 if status == 404 else status)


@pytest.mark.parametrize("batch_id", ["nope", "%7B", "00000000-0000-0000-0000-00000000000g", "0" * 32])
async def test_a_malformed_batch_id_is_not_found(cms: httpx.AsyncClient, batch_id: str) -> None:
    path = f"/v1/batches/{batch_id}/student-associations"
    assert (await cms.get(path, headers=AS_TEACHER)).status_code == 404
    assert (await cms.post(f"{path}/confirm", json=CONFIRM, headers=AS_TEACHER)).status_code == 404


async def test_other_methods_are_refused_with_those_that_there_are(cms: httpx.AsyncClient) -> None:
    path = f"/v1/batches/{uuid4()}/student-associations"
    put, got = await cms.put(path, headers=AS_TEACHER), await cms.get(f"{path}/confirm", headers=AS_TEACHER)
    assert (put.status_code, {*put.headers["allow"].split(", ")}) == (405, {"GET", "HEAD"})
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("rows", [1, 100])
async def test_a_page_is_one_statement(cms: httpx.AsyncClient, cms_database: RolledBack, rows: int) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    await cms_database.add(*(association(batch_id, class_id) for _ in range(rows)))
    with cms_database.statements() as sent:
        assert len((await listed(cms, batch_id, limit=100))["associations"]) == rows
    assert len(sent) == 1
