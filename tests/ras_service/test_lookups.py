"""What holds for every read by key of RAS: whose it is, how many ids it takes, and what it refuses."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, batch, batches, essay

LOOKUPS = {"/batches/lookup": "batch_ids", "/essays/lookup": "essay_ids"}
PAGES = {"/batches/essays": "batch_ids"}
ALL = LOOKUPS | PAGES
EMPTY_PAGE = {"items": [], "total": 0, "next": None}


async def owned(ras_database: RolledBack) -> dict[str, UUID]:
    """An essay of a batch of TEACHER's, as each field of a body asks for it."""
    [batch_id] = await batches(ras_database, batch())
    row = essay(batch_id)
    await ras_database.add(row)
    return {"batch_ids": batch_id, "essay_ids": row.essay_id}


async def post(ras: httpx.AsyncClient, path: str, body: Any, user_id: str | None = None) -> httpx.Response:
    return await ras.post(f"/internal/v1{path}", json=body, headers={"X-User-ID": user_id} if user_id else {})


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(("user_id", "sees"), [(None, True), (TEACHER, True), (OTHER, False)])
async def test_who_sees_what(
    ras: httpx.AsyncClient, ras_database: RolledBack, path: str, user_id: str | None, sees: bool
) -> None:
    asked, unknown = str((await owned(ras_database))[ALL[path]]), str(uuid4())
    found = (await post(ras, path, {ALL[path]: [asked, unknown]}, user_id)).json()
    assert found[unknown] == (EMPTY_PAGE if path in PAGES else None)
    assert (found[asked] != found[unknown]) == sees


@pytest.mark.parametrize("path", ALL)
async def test_only_other_services_may_ask(ras: httpx.AsyncClient, path: str) -> None:
    for missing in ("X-Internal-API-Key", "X-Service-ID"):
        answer = await ras.post(f"/internal/v1{path}", json={}, headers={missing: "", "X-User-ID": TEACHER})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AUTHENTICATION_ERROR")


@pytest.mark.parametrize("path", ALL)
async def test_only_posted(ras: httpx.AsyncClient, path: str) -> None:
    answer = await ras.get(f"/internal/v1{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("user_id", [None, TEACHER])
@pytest.mark.parametrize("path", ALL)
async def test_one_statement_however_many_ids(
    ras: httpx.AsyncClient, ras_database: RolledBack, path: str, user_id: str | None
) -> None:
    counts = []
    for n in (1, 1000):
        asked = [str((await owned(ras_database))[ALL[path]]), *(str(uuid4()) for _ in range(n - 1))]
        with ras_database.statements() as sent:
            found = (await post(ras, path, {ALL[path]: asked}, user_id)).json()
        assert len(found) == n
        counts.append(len(sent))
    assert counts == [1, 1]


@pytest.mark.parametrize("path", ALL)
async def test_as_many_keys_as_ids_up_to_a_thousand(ras: httpx.AsyncClient, path: str) -> None:
    name, ids = ALL[path], [str(uuid4()) for _ in range(1001)]
    assert list((await post(ras, path, {name: ids[:1000]})).json()) == ids[:1000]
    assert list((await post(ras, path, {name: [ids[1].upper(), ids[0]] * 800})).json()) == [ids[1], ids[0]]
    assert (await post(ras, path, {name: []})).json() == (await post(ras, path, {})).json() == {}

    over = await post(ras, path, {name: ids})
    assert (over.status_code, over.json()["error"]["fields"]) == (
        400,
        [{"field": name, "message": "may hold at most 1000 ids, not 1001"}],
    )


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    ("ids", "at", "message"),
    [
        (["nope", "{}", "\0", str(uuid4())], "", "must be UUIDs; these are not: 'nope', '{}', '\\x00'"),
        (["a", 1], ".1", "Expected `str`, got `int`"),
        (None, "", "Expected `array`, got `null`"),
    ],
    ids=["malformed", "number", "null"],
)
async def test_malformed_ids_are_told(ras: httpx.AsyncClient, path: str, ids: Any, at: str, message: str) -> None:
    answer = await post(ras, path, {ALL[path]: ids})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["fields"] == [{"field": f"{ALL[path]}{at}", "message": message}]


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 2_000_000, "application/json", 413),
    ],
)
async def test_a_bad_body_is_told(
    ras: httpx.AsyncClient, path: str, body: bytes, content_type: str, status: int
) -> None:
    answer = await ras.post(f"/internal/v1{path}", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status
