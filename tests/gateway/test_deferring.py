"""@defer: the same answer, told in parts to whoever accepts them, for the same upstream calls."""

import json
from typing import Any

import httpx
import pytest
import respx

from gateway.app import create_app
from gateway.http.media import GRAPHQL, JSON
from tests.gateway.test_nothing_leaks import PAGE
from tests.support.apps import GATEWAY, bearer, client, cms_app, gateway_app, mockable, ras_app, running
from tests.support.broken import BrokenAt
from tests.support.calls import calls
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.graph import ask
from tests.support.lessons import a_lesson
from tests.support.parts import PARTS, in_parts, parts, put_together

VIEWER = "{ viewer { userId } }"
DOCUMENTS = {
    "rows": """{ batches { nodes { title ... @defer {
        classInfo { className } validation { totalAssociations } } } } }""",
    "labels": """{ batches { totalCount nodes { title
        ... @defer(label: "class") { classInfo { className class { name students { totalCount } } } }
        ... @defer(label: "rest") { classInfo { classId class { courseCode } } validation { deviationCount } } } } }""",
    "inside": """{ batches(first: 6) { nodes { ... @defer {
        essays(first: 6) { nodes { filename ...Writer @defer(label: "writer") } } } } } }
        fragment Writer on Essay { student { lastName ... @defer { classes { name } } } }""",
    "root": """{ viewer { userId } ...All @defer } fragment All on Query {
        classes { nodes { name students { nodes { lastName } } } } batches { nodes { title } } }""",
    "nodes": """{ batches { nodes { ... on Node @defer { id }
        ... on Batch { classInfo { ... @defer { className } } } } } }""",
}


@pytest.mark.parametrize("query", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("n", [2, 5])
async def test_the_parts_make_the_whole_for_the_same_calls(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, query: str, n: int
) -> None:
    for _ in range(n):
        await a_lesson(cms_database, ras_database, n)
    whole, told = await ask(gateway, query), await in_parts(gateway, query)
    assert len(told) > 1
    assert told[0]["data"] != whole["data"]
    assert put_together(told) == (whole["data"], [])
    made = calls(told[-1])
    assert made == calls(whole)
    assert set(made.values()) == {1}
    assert calls(told[0]) <= made


async def test_the_first_part_costs_what_is_in_it(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    await a_lesson(cms_database, ras_database)
    first, *_ = await in_parts(gateway, DOCUMENTS["labels"])
    assert first["data"] == {"batches": {"totalCount": 1, "nodes": [{"title": "Nationella provet"}]}}
    at = ["batches", "nodes", 0]
    assert first["pending"] == [{"id": "0", "path": at, "label": "class"}, {"id": "1", "path": at, "label": "rest"}]
    assert calls(first) == {("ras", "GET", f"/v1/batches/user/{TEACHER}"): 1}


@pytest.mark.parametrize(
    ("accept", "shown"),
    [
        (JSON, JSON),
        ("*/*", JSON),
        (GRAPHQL, GRAPHQL),
        ("multipart/mixed;deferSpec=20220824, application/json", JSON),
        ("multipart/mixed;q=0.5, application/json", JSON),
    ],
)
async def test_who_takes_no_parts_gets_the_whole(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, accept: str, shown: str
) -> None:
    await a_lesson(cms_database, ras_database)
    for _ in range(3):  # as often as it takes to be compiled, if it were
        answer = await gateway.post("/graphql", json={"query": DOCUMENTS["rows"]}, headers={"Accept": accept})
        assert answer.headers["Content-Type"] == f"{shown}; charset=utf-8"
        [row] = answer.json()["data"]["batches"]["nodes"]
        assert row == {
            "title": "Nationella provet",
            "classInfo": {"className": "SV1A"},
            "validation": {"totalAssociations": 2},
        }


@pytest.mark.parametrize(
    "query", [VIEWER, "query ($later: Boolean = false) { ... @defer(if: $later) { viewer { userId } } }"]
)
async def test_what_defers_nothing_is_whole(gateway: httpx.AsyncClient, query: str) -> None:
    answer = await gateway.post("/graphql", json={"query": query}, headers=PARTS)
    assert answer.headers["Content-Type"] == f"{JSON}; charset=utf-8"
    assert answer.json()["data"] == {"viewer": {"userId": TEACHER}}


async def test_who_takes_nothing_but_parts_gets_one(gateway: httpx.AsyncClient) -> None:
    only = {"Accept": "multipart/mixed"}
    answer = await gateway.post("/graphql", json={"query": VIEWER}, headers=only)
    assert answer.headers["Content-Type"].startswith("multipart/mixed")
    before, after = b"\r\n---\r\nContent-Type: application/json; charset=utf-8\r\n\r\n", b"\r\n-----\r\n"
    assert answer.content.startswith(before)
    assert answer.content.endswith(after)
    part = json.loads(answer.content.removeprefix(before).removesuffix(after))
    assert (part["data"], part["hasNext"]) == ({"viewer": {"userId": TEACHER}}, False)
    refused = await gateway.post("/graphql", json={"query": "{ x }"}, headers=only)
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, f"{JSON}; charset=utf-8")


@pytest.mark.parametrize("method", ["GET", "QUERY"])
async def test_other_methods_have_parts_too(gateway: httpx.AsyncClient, method: str) -> None:
    asked: dict[str, Any] = {"params" if method == "GET" else "json": {"query": "{ ... @defer { viewer { userId } } }"}}
    answer = await gateway.request(method, "/graphql", headers=PARTS, **asked)
    assert answer.content.count(b"\r\n---") == 3


async def test_a_mutation_defers_what_it_answers(gateway: httpx.AsyncClient) -> None:
    query = """mutation { createClass(input: {name: "ES25a", courseCode: SV1}) {
        class { name ... @defer { students { totalCount } } } } }"""
    data, errors = put_together(await in_parts(gateway, query))
    assert (data, errors) == ({"createClass": {"class": {"name": "ES25a", "students": {"totalCount": 0}}}}, [])


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ batches { nodes @stream { title } } }", "Unknown directive '@stream'."),
        (
            "mutation { ... @defer { deleteClass(input: {}) { userErrors { code } } } }",
            "Defer directive cannot be used on root mutation",
        ),
        ("subscription { teacherUpdates { ... @defer { cursor } } }", "Defer directive not supported on subscription"),
        (
            '{ ... @defer(label: "a") { viewer { userId } } ... @defer(label: "a") { viewer { orgId } } }',
            "Defer/Stream directive label argument must be unique.",
        ),
        (
            "query ($a: String) { ... @defer(label: $a) { viewer { userId } } }",
            "Defer directive label argument must be a static string.",
        ),
    ],
)
async def test_where_it_may_not_be(gateway: httpx.AsyncClient, query: str, message: str) -> None:
    answer = await gateway.post("/graphql", json={"query": query}, headers={"Accept": f"multipart/mixed, {GRAPHQL}"})
    assert answer.status_code == 400
    assert any(each["message"].startswith(message) for each in answer.json()["errors"]), answer.text


async def test_what_fails_is_told_in_its_part(cms_database: RolledBack, ras_database: RolledBack) -> None:
    await a_lesson(cms_database, ras_database)
    async with running(cms_app(cms_database)) as cms, running(ras_app(ras_database)) as ras:
        broken = BrokenAt(cms, "/batches/class-info")
        async with client(gateway_app(broken, ras), bearer()) as gateway:
            first, last = await in_parts(gateway, DOCUMENTS["rows"])
    assert "errors" not in first
    [part] = last["incremental"]
    assert part["data"] == {"classInfo": None, "validation": {"totalAssociations": 2}}
    [error] = part["errors"]
    assert error["path"] == ["batches", "nodes", 0, "classInfo"]
    assert (error["extensions"]["code"], error["extensions"]["service"]) == ("EXTERNAL_SERVICE_ERROR", "cms")
    assert "secret" not in str(last)


@respx.mock
async def test_what_undoes_a_part_is_masked(gateway: httpx.AsyncClient) -> None:
    body = PAGE | {"pagination": {"limit": 20, "offset": 0, "total": 2**40, "next": None}}
    respx.get(f"http://ras.test/internal/v1/batches/user/{TEACHER}").respond(json=body)
    async with client(create_app(GATEWAY, mockable()), bearer()) as over_nothing:
        first, last = await in_parts(over_nothing, "{ batches { nodes { title } ... @defer { totalCount } } }")
    assert first["data"] == {"batches": {"nodes": [{"title": "Novell"}]}}
    [completed] = last["completed"]
    [error] = completed["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


@pytest.mark.parametrize("most", [0, 1, 3, 4, 6])
async def test_there_are_so_many_parts(cms_database: RolledBack, ras_database: RolledBack, most: int) -> None:
    """What would be one more comes with the part around it, and is there all the same."""
    for _ in range(3):
        await a_lesson(cms_database, ras_database)
    settings = GATEWAY.model_copy(update={"max_deferred_parts": most})
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        client(create_app(settings, mockable(cms, ras)), bearer()) as gateway,
    ):
        for query in (DOCUMENTS["labels"], DOCUMENTS["inside"], DOCUMENTS["root"]):
            whole = await ask(gateway, query)
            answer = await gateway.post("/graphql", json={"query": query}, headers=PARTS)
            told = parts(answer.content) or [answer.json()]
            assert put_together(told) == (whole["data"], [])
            assert sum(len(each.get("pending", [])) for each in told) <= most
            assert max(calls(told[-1]).values()) <= 2
