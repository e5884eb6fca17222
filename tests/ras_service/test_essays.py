from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from kit.paging import encode_cursor
from ras_service.contract import ProcessingStage
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, batch, batches, essay, minutes

EMPTY = {"items": [], "total": 0, "next": None}


async def asked(ras: httpx.AsyncClient, path: str, user_id: str | None = None, **body: Any) -> dict[str, Any]:
    answer = await ras.post(f"/internal/v1{path}", json=body, headers={"X-User-ID": user_id} if user_id else {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(*ids: UUID) -> list[str]:
    return [str(each) for each in ids]


async def test_an_essay_as_it_goes_out(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    [batch_id], unknown = await batches(ras_database, batch()), uuid4()
    whole = essay(
        batch_id,
        filename="Åsas uppsats.docx",
        spellcheck_stage=ProcessingStage.COMPLETED,
        nlp_stage=ProcessingStage.PROCESSING,
        cj_assessment_stage=ProcessingStage.FAILED,
        cj_assessment_error="för kort",
        spellcheck_correction_count=12,
        cj_rank=3,
        cj_score=0.625,
        letter_grade="B+",
        confidence_score=0.875,
        confidence_label="HIGH",
        updated_at=minutes(1.5),
    )
    await ras_database.add(whole, essay(batch_id, 1))
    out = {
        "essay_id": str(whole.essay_id),
        "batch_id": str(batch_id),
        "filename": "Åsas uppsats.docx",
        "stages": {
            "spellcheck": {"stage": "completed", "error": None},
            "nlp": {"stage": "processing", "error": None},
            "cj_assessment": {"stage": "failed", "error": "för kort"},
            "ai_feedback": {"stage": "pending", "error": None},
        },
        "spellcheck_correction_count": 12,
        "cj_rank": 3,
        "cj_score": 0.625,
        "letter_grade": "B+",
        "confidence_score": 0.875,
        "confidence_label": "HIGH",
        "updated_at": "2026-09-14T12:01:30Z",
    }
    found = await asked(ras, "/essays/lookup", essay_ids=texts(unknown, whole.essay_id, unknown))
    assert list(found.items()) == [(str(unknown), None), (str(whole.essay_id), out)]
    page = await asked(ras, "/batches/essays", batch_ids=texts(batch_id), first=1)
    assert page[str(batch_id)]["items"] == [out]


async def test_an_essay_is_its_batchs_users(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    mine, theirs = await batches(ras_database, batch(), batch(user_id=OTHER))
    rows = [essay(mine), essay(theirs)]
    await ras_database.add(*rows)
    essay_ids, batch_ids = texts(*(row.essay_id for row in rows)), texts(mine, theirs)
    for user_id, sees in ((None, [True, True]), (TEACHER, [True, False]), (OTHER, [False, True])):
        found = await asked(ras, "/essays/lookup", user_id, essay_ids=essay_ids)
        assert [each is not None for each in found.values()] == sees
        pages = await asked(ras, "/batches/essays", user_id, batch_ids=batch_ids)
        assert [each != EMPTY for each in pages.values()] == sees


@pytest.mark.parametrize("user_id", [None, TEACHER])
async def test_pages_go_on_where_the_last_one_ended(
    ras: httpx.AsyncClient, ras_database: RolledBack, user_id: str | None
) -> None:
    big, small, none = await batches(ras_database, batch(), batch(), batch())
    rows = [essay(big, n) for n in range(25)]
    await ras_database.add(*reversed(rows), essay(small, 1), essay(small, 0))
    in_order, parents = texts(*(row.essay_id for row in rows)), texts(big, small, none)
    both = [len(each["items"]) for each in (await asked(ras, "/batches/essays", user_id, batch_ids=parents)).values()]
    assert both == [20, 2, 0]

    seen, after = [], None
    for size in (11, 11, 3):
        pages = await asked(ras, "/batches/essays?cursors=true", user_id, batch_ids=parents, first=11, after=after)
        assert list(pages) == parents
        first, second, third = pages.values()
        assert (len(first["items"]), len(first["cursors"]), first["total"]) == (size, size, 25)
        # The cursor holds no parent: both essays of the small batch come before it.
        assert (len(second["items"]), second["total"], second["next"]) == (0 if after else 2, 2, None)
        assert third == EMPTY | {"cursors": []}
        seen += [each["essay_id"] for each in first["items"]]
        assert first["next"] == (first["cursors"][-1] if len(seen) < 25 else None)
        after = first["next"]
    assert seen == in_order


async def test_a_cursor_of_one_item_goes_on_after_it(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    [batch_id] = await batches(ras_database, batch())
    rows = [essay(batch_id, n) for n in range(4)]
    await ras_database.add(*rows)
    [page] = (await asked(ras, "/batches/essays?cursors=true", batch_ids=texts(batch_id))).values()
    [rest] = (await asked(ras, "/batches/essays", batch_ids=texts(batch_id), after=page["cursors"][1])).values()
    assert rest == {"items": page["items"][2:], "total": 4, "next": None}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("first", 0, "Expected `int` >= 1"),
        ("first", 101, "Expected `int` <= 100"),
        ("first", True, "Expected `int`, got `bool`"),
        ("first", "20", "Expected `int`, got `str`"),
        ("after", "garbage", "must be a cursor that this list gave"),
        ("after", "", "must be a cursor that this list gave"),
        ("after", encode_cursor([-1]), "must be a cursor that this list gave"),
        ("after", encode_cursor([2**31]), "must be a cursor that this list gave"),
        ("after", encode_cursor([2**70]), "must be a cursor that this list gave"),
        ("after", encode_cursor(["1"]), "must be a cursor that this list gave"),
        ("after", encode_cursor([1, 2]), "must be a cursor that this list gave"),
        ("after", 5, "Expected `str | null`, got `int`"),
    ],
)
async def test_a_bad_window_is_told(ras: httpx.AsyncClient, field: str, value: Any, message: str) -> None:
    answer = await ras.post("/internal/v1/batches/essays", json={"batch_ids": texts(uuid4()), field: value})
    assert (answer.status_code, answer.json()["error"]["fields"]) == (400, [{"field": field, "message": message}])


async def test_all_that_is_wrong_is_told_at_once(ras: httpx.AsyncClient) -> None:
    body = {"batch_ids": ["nope"], "first": 0, "after": "x"}
    answer = await ras.post("/internal/v1/batches/essays?cursors=perhaps", json=body)
    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["error"]["fields"]} == {"batch_ids", "first", "after", "cursors"}
