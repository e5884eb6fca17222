from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ras_service.contract import BatchStatus, BatchType, PhaseName, ProcessingStage
from ras_service.lifecycle import PUBLIC, BatchState
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, batch, batches, essay, minutes

PATH = f"/internal/v1/batches/user/{TEACHER}"


async def listed(ras: httpx.AsyncClient, **params: Any) -> dict[str, Any]:
    answer = await ras.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(page: dict[str, Any]) -> list[UUID]:
    return [UUID(each["batch_id"]) for each in page["batches"]]


async def test_a_batch_as_it_goes_out(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    [batch_id] = await batches(
        ras_database,
        batch(
            title=None,
            assignment_id="uppgift-7",
            batch_type=BatchType.GUEST,
            state=BatchState.PROCESSING_PIPELINES,
            current_phase=PhaseName.SPELLCHECK,
            requested_pipelines=[PhaseName.SPELLCHECK, PhaseName.CJ_ASSESSMENT],
            essay_count=3,
            completed_essay_count=1,
            failed_essay_count=1,
            updated_at=minutes(2),
            processing_started_at=minutes(1),
        ),
    )
    assert await listed(ras) == {
        "batches": [
            {
                "batch_id": str(batch_id),
                "user_id": TEACHER,
                "assignment_id": "uppgift-7",
                "title": "uppgift-7",
                "batch_type": "guest",
                "overall_status": "processing",
                "current_phase": "spellcheck",
                "requested_pipelines": ["spellcheck", "cj_assessment"],
                "essay_count": 3,
                "completed_essay_count": 1,
                "failed_essay_count": 1,
                "created_at": "2026-09-14T12:00:00Z",
                "updated_at": "2026-09-14T12:02:00Z",
                "processing_started_at": "2026-09-14T12:01:00Z",
                "processing_completed_at": None,
            }
        ],
        "pagination": {"limit": 20, "offset": 0, "total": 1, "next": None},
    }


async def test_newest_first_in_pages_of_either_kind(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    made = [batch(created_at=minutes(n // 2)) for n in range(7)]  # pairs share a moment
    newest = [row.batch_id for row in sorted(made, key=lambda row: (row.created_at, row.batch_id), reverse=True)]
    await batches(ras_database, *made, batch(user_id=OTHER))

    assert ids(await listed(ras)) == newest
    assert ids(await listed(ras, limit=3, offset=2)) == newest[2:5]

    seen: list[UUID] = []
    after: dict[str, str] = {}
    while True:
        page = await listed(ras, limit=2, cursors="true", **after)
        assert page["pagination"]["total"] == 7
        assert len(page["cursors"]) == len(page["batches"])
        seen += ids(page)
        if page["pagination"]["next"] is None:
            break
        assert page["pagination"]["next"] == page["cursors"][-1]
        after = {"after": page["pagination"]["next"]}
    assert seen == newest


async def test_a_cursor_stays_where_it_was_while_batches_arrive(
    ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    made = await batches(ras_database, *(batch(created_at=minutes(-n)) for n in range(4)))
    first = await listed(ras, limit=2)
    await batches(ras_database, batch(created_at=minutes(5)))
    assert ids(await listed(ras, limit=2, after=first["pagination"]["next"])) == made[2:]


async def test_an_empty_page_still_tells_the_total(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    await batches(ras_database, batch(), batch())
    page = await listed(ras, offset=5)
    assert page == {"batches": [], "pagination": {"limit": 20, "offset": 5, "total": 2, "next": None}}


@pytest.mark.parametrize("status", list(BatchStatus))
async def test_a_status_finds_all_its_states(ras: httpx.AsyncClient, ras_database: RolledBack, status: str) -> None:
    rows = [batch(state=state, created_at=minutes(n)) for n, state in enumerate(BatchState)]
    await batches(ras_database, *rows)
    wanted = [row.batch_id for row in reversed(rows) if PUBLIC[row.state] == status]
    page = await listed(ras, status=status)
    assert (ids(page), page["pagination"]["total"]) == (wanted, len(wanted))


async def test_several_statuses_page_as_one_list(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    rows = [batch(state=state, created_at=minutes(n % 5)) for n, state in enumerate(list(BatchState) * 2)]
    await batches(ras_database, *rows)
    asked = ["failed", "ready", "processing"]
    wanted = sorted((row for row in rows if PUBLIC[row.state] in asked), key=lambda row: (row.created_at, row.batch_id))
    newest = [row.batch_id for row in reversed(wanted)]

    first = await listed(ras, status=asked, limit=5)
    second = await listed(ras, status=asked, limit=5, after=first["pagination"]["next"])
    assert ids(first) + ids(second) == newest[:10]
    assert ids(await listed(ras, status=asked, limit=5, offset=5)) == newest[5:10]
    assert first["pagination"]["total"] == len(newest)


async def test_essays_come_only_when_they_are_asked_for(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    with_essays, _ = await batches(ras_database, batch(created_at=minutes(1)), batch())
    second = essay(with_essays, 1, nlp_stage=ProcessingStage.FAILED, nlp_error="slut på minne")
    first = essay(with_essays, 0, spellcheck_stage=ProcessingStage.COMPLETED, spellcheck_correction_count=4)
    await ras_database.add(second, first)

    assert "essays" not in (await listed(ras))["batches"][0]
    page = await listed(ras, include="essays")
    assert [[each["essay_id"] for each in found["essays"]] for found in page["batches"]] == [
        [str(first.essay_id), str(second.essay_id)],
        [],
    ]
    pending = {"stage": "pending", "error": None}
    assert page["batches"][0]["essays"][1] == {
        "essay_id": str(second.essay_id),
        "batch_id": str(with_essays),
        "filename": "essä_1.docx",
        "stages": {
            "spellcheck": pending,
            "nlp": {"stage": "failed", "error": "slut på minne"},
            "cj_assessment": pending,
            "ai_feedback": pending,
        },
        "spellcheck_correction_count": None,
        "cj_rank": None,
        "cj_score": None,
        "letter_grade": None,
        "confidence_score": None,
        "confidence_label": None,
        "updated_at": "2026-09-14T12:00:00Z",
    }
    status = await ras.get(f"/internal/v1/batches/{with_essays}/status")
    assert status.json() == page["batches"][0]


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({"limit": "0"}, "limit", "must be a whole number from 1 to 100"),
        ({"limit": "101"}, "limit", "must be a whole number from 1 to 100"),
        ({"limit": "１"}, "limit", "must be a whole number from 1 to 100"),
        ({"limit": "many"}, "limit", "must be a whole number from 1 to 100"),
        ({"offset": "-1"}, "offset", "must be a whole number from 0 to 2147483647"),
        ({"offset": "9" * 40}, "offset", "must be a whole number from 0 to 2147483647"),
        ({"after": "garbage"}, "after", "must be a cursor that this list gave"),
        ({"after": ""}, "after", "must be a cursor that this list gave"),
        ({"after": "WyJ4Il0"}, "after", "must be a cursor that this list gave"),
        ({"after": "x" * 2000}, "after", "must be a cursor that this list gave"),
        ({"after": "é"}, "after", "must be a cursor that this list gave"),
        ({"status": "done"}, "status", f"must be one of {', '.join(BatchStatus)}"),
        (
            {"status": "awaiting_content_validation"},
            "status",
            f"must be one of {', '.join(BatchStatus)}",
        ),
        ({"include": "students"}, "include", "must be one of essays"),
        ({"cursors": "yes"}, "cursors", "must be true or false"),
    ],
)
async def test_a_bad_parameter_is_named_with_its_limits(
    ras: httpx.AsyncClient, params: dict[str, str], field: str, message: str
) -> None:
    answer = await ras.get(PATH, params=params)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == [{"field": field, "message": message}]


async def test_all_bad_parameters_are_named_in_one_answer(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    answer = await ras.get(PATH, params={"limit": 0, "offset": -1, "status": "x"})
    assert [each["field"] for each in answer.json()["error"]["fields"]] == ["limit", "offset", "status"]

    await batches(ras_database, batch(), batch())
    after = (await listed(ras, limit=1))["pagination"]["next"]
    both = await ras.get(PATH, params={"after": after, "offset": 1})
    assert both.json()["error"]["fields"] == [{"field": "offset", "message": "must be 0 together with after"}]
    assert ids(await listed(ras, after=after, offset=0))


async def test_another_users_batches_do_not_exist(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    [batch_id] = await batches(ras_database, batch())
    as_owner, as_other = {"X-User-ID": TEACHER}, {"X-User-ID": OTHER}
    status = f"/internal/v1/batches/{batch_id}/status"
    assert (await ras.get(PATH, headers=as_owner)).status_code == 200
    assert (await ras.get(PATH, headers=as_other)).status_code == 404
    assert (await ras.get(status, headers=as_owner)).status_code == 200

    theirs, unknown = (
        await ras.get(status, headers=as_other),
        await ras.get(f"/internal/v1/batches/{uuid4()}/status", headers=as_other),
    )
    assert theirs.status_code == unknown.status_code == 404
    first, second = theirs.json()["error"], unknown.json()["error"]
    assert first | {"correlation_id": ""} == second | {"correlation_id": ""}


@pytest.mark.parametrize("batch_id", ["nope", "%7B", "00000000-0000-0000-0000-00000000000g"])
async def test_a_malformed_id_in_a_path_is_404(ras: httpx.AsyncClient, batch_id: str) -> None:
    assert (await ras.get(f"/internal/v1/batches/{batch_id}/status")).status_code == 404


async def test_lookup_answers_by_key_and_only_ones_own(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    mine, theirs = await batches(ras_database, batch(), batch(user_id=OTHER))
    unknown = uuid4()
    body = {"batch_ids": [str(each) for each in (theirs, mine, unknown, mine)]}
    answer = await ras.post("/internal/v1/batches/lookup", json=body, headers={"X-User-ID": TEACHER})
    found = answer.json()
    assert list(found) == [str(theirs), str(mine), str(unknown)]
    assert [value and value["user_id"] for value in found.values()] == [None, TEACHER, None]


async def test_the_cost_does_not_grow_with_the_data(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    counts = []
    for _ in range(2):
        made = await batches(ras_database, *(batch() for _ in range(20)))
        await ras_database.add(*(essay(batch_id) for batch_id in made))
        with ras_database.statements() as sent:
            await listed(ras, limit=100, status=["processing", "failed"])
            await listed(ras, limit=100, include="essays")
        counts.append(len(sent))
    assert counts == [3, 3]
