"""What holds for every internal read of CMS: whose it is, how many ids it takes, and what it refuses."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from kit.paging import encode_cursor
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student

STATUS = "/batches/validation-status"
SHARED = {"/batches/class-info": "batch_ids", STATUS: "batch_ids"}
LOOKUPS = {"/classes/lookup": "class_ids", "/students/lookup": "student_ids", "/essays/students": "essay_ids"}
PAGES = {
    "/classes/rosters": "class_ids",
    "/classes/batches": "class_ids",
    "/students/essays": "student_ids",
    "/batches/associations": "batch_ids",
}
ALL = SHARED | LOOKUPS | PAGES
EMPTY_PAGE = {"items": [], "total": 0, "next": None}


class Owned(NamedTuple):
    """A confirmed essay of a student of TEACHER's class, as each field of a body asks for it."""

    class_ids: UUID
    student_ids: UUID
    batch_ids: UUID
    essay_ids: UUID


async def owned(cms_database: RolledBack) -> Owned:
    class_id, writer, batch_id = await a_class(cms_database), student(), uuid4()
    await enrol(cms_database, class_id, writer)
    row = association(batch_id, class_id, student_id=writer.id)
    await cms_database.add(row)
    return Owned(class_id, writer.id, batch_id, row.essay_id)


async def post(cms: httpx.AsyncClient, path: str, body: Any, user_id: str | None = None) -> httpx.Response:
    return await cms.post(f"/internal/v1{path}", json=body, headers={"X-User-ID": user_id} if user_id else {})


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize(
    ("user_id", "sees"), [(None, {*ALL}), (TEACHER, {*ALL}), (OTHER, {*SHARED})], ids=["nobody", "owner", "other"]
)
async def test_who_sees_what(
    cms: httpx.AsyncClient, cms_database: RolledBack, path: str, user_id: str | None, sees: set[str]
) -> None:
    asked, unknown = str(getattr(await owned(cms_database), ALL[path])), str(uuid4())
    found = (await post(cms, path, {ALL[path]: [asked, unknown]}, user_id)).json()
    assert found[unknown] == (EMPTY_PAGE if path in PAGES else None)
    assert (found[asked] != found[unknown]) == (path in sees)


@pytest.mark.parametrize("path", ALL)
async def test_only_other_services_may_ask(cms: httpx.AsyncClient, path: str) -> None:
    for missing in ("X-Internal-API-Key", "X-Service-ID"):
        answer = await cms.post(f"/internal/v1{path}", json={}, headers={missing: "", "X-User-ID": TEACHER})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AUTHENTICATION_ERROR")


@pytest.mark.parametrize("path", LOOKUPS | PAGES)
async def test_only_posted(cms: httpx.AsyncClient, path: str) -> None:
    answer = await cms.get(f"/internal/v1{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ALL)
async def test_one_statement_however_many_ids(cms: httpx.AsyncClient, cms_database: RolledBack, path: str) -> None:
    counts = []
    for n in (1, 1000):
        asked = [str(getattr(await owned(cms_database), ALL[path])), *(str(uuid4()) for _ in range(n - 1))]
        with cms_database.statements() as sent:
            found = (await post(cms, path, {ALL[path]: asked}, TEACHER)).json()
        assert len(found) == n
        counts.append(len(sent))
    assert counts == [1, 1]


@pytest.mark.parametrize("path", ALL)
async def test_as_many_keys_as_ids_up_to_a_thousand(cms: httpx.AsyncClient, path: str) -> None:
    name, ids = ALL[path], [str(uuid4()) for _ in range(1001)]
    assert list((await post(cms, path, {name: ids[:1000]})).json()) == ids[:1000]
    assert list((await post(cms, path, {name: [ids[1].upper(), ids[0]] * 800})).json()) == [ids[1], ids[0]]
    assert (await post(cms, path, {name: []})).json() == (await post(cms, path, {})).json() == {}

    over = await post(cms, path, {name: ids})
    assert (over.status_code, over.json()["error"]["fields"]) == (
        400,
        [{"field": name, "message": "may hold at most 1000 ids, not 1001"}],
    )


@pytest.mark.parametrize(
    ("ids", "at", "message"),
    [
        (["nope", "{}", "\0", str(UUID(int=1))], "", "must be UUIDs; these are not: 'nope', '{}', '\\x00'"),
        (["a", 1], ".1", "Expected `str`, got `int`"),
        (None, "", "Expected `array`, got `null`"),
        ("a", "", "Expected `array`, got `str`"),
    ],
)
async def test_malformed_ids_are_told(cms: httpx.AsyncClient, ids: Any, at: str, message: str) -> None:
    for path, name in ALL.items():
        answer = await post(cms, path, {name: ids})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
        assert answer.json()["error"]["fields"] == [{"field": f"{name}{at}", "message": message}]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"IDS": ' + b"[" * 100_000, "application/json", 400),
        (b'{"IDS": ["\\ud800"]}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 2_000_000, "application/json", 413),
    ],
)
async def test_a_bad_body_is_told(cms: httpx.AsyncClient, body: bytes, content_type: str, status: int) -> None:
    for path, name in ALL.items():
        content = body.replace(b"IDS", name.encode())
        answer = await cms.post(f"/internal/v1{path}", content=content, headers={"Content-Type": content_type})
        assert answer.status_code == status
        fields = {each["field"].removesuffix(".0") for each in answer.json()["error"].get("fields", [])}
        assert fields in ([{"body"}, {name}] if status == 400 else [set()])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("first", 0, "Expected `int` >= 1"),
        ("first", 101, "Expected `int` <= 100"),
        ("first", True, "Expected `int`, got `bool`"),
        ("first", "20", "Expected `int`, got `str`"),
        ("first", 2.5, "Expected `int`, got `float`"),
        ("first", None, "Expected `int`, got `null`"),
        ("after", 1, "Expected `str | null`, got `int`"),
        ("after", "", "must be a cursor that this list gave"),
        ("after", "garbage", "must be a cursor that this list gave"),
        ("after", "WyJ4Il0", "must be a cursor that this list gave"),
        ("after", encode_cursor(("\0", "", UUID(int=1))), "must be a cursor that this list gave"),
        ("after", encode_cursor(("x" * 20_000, "", UUID(int=1))), "must be a cursor that this list gave"),
        ("after", "é", "must be a cursor that this list gave"),
    ],
)
async def test_a_bad_page_is_told(cms: httpx.AsyncClient, field: str, value: Any, message: str) -> None:
    for path, name in PAGES.items():
        answer = await post(cms, path, {name: [str(uuid4())], field: value})
        assert (answer.status_code, answer.json()["error"]["fields"]) == (400, [{"field": field, "message": message}])


@pytest.mark.parametrize("path", PAGES)
async def test_all_that_is_wrong_is_told_at_once(cms: httpx.AsyncClient, path: str) -> None:
    answer = await post(cms, f"{path}?cursors=yes", {PAGES[path]: ["nope"], "first": 0, "after": "garbage"})
    assert answer.status_code == 400
    assert {each["field"] for each in answer.json()["error"]["fields"]} == {PAGES[path], "first", "after", "cursors"}


async def test_a_get_of_the_status_takes_two_hundred_ids(cms: httpx.AsyncClient) -> None:
    path, ids = f"/internal/v1{STATUS}", [str(uuid4()) for _ in range(201)]
    assert (await cms.get(path)).json() == (await cms.get(path, params={"batch_ids": ""})).json() == {}
    assert list((await cms.get(path, params={"batch_ids": ",".join(ids[:200])})).json()) == ids[:200]
    over = await cms.get(path, params={"batch_ids": ",".join(ids)})
    assert over.json()["error"]["fields"] == [
        {"field": "batch_ids", "message": f"may hold at most 200 ids, not 201; POST {path} takes 1000"}
    ]
    bad = await cms.get(path, params={"batch_ids": f"nope,{ids[0]}"})
    assert (bad.status_code, bad.json()["error"]["fields"][0]["field"]) == (400, "batch_ids")
