"""Whatever an upstream answers, a client gets our words; and a null says whether it is one by nature or by failure."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from gateway.app import create_app
from gateway.upstreams.refusals import RefusedError, verdict_of
from ras_service.lifecycle import BatchState
from tests.gateway.test_credits import CONFIGURED
from tests.gateway.test_upstream_failures import says
from tests.support.apps import GATEWAY, bearer, client, cms_app, gateway_app, mockable, ras_app, running
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, batch, batches
from tests.support.graph import ask

STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 413, 418, 422, 429, 500, 502, 503, 504, 599]
SECRET = "s3cr3t"
ADDRESS = f"postgresql://cms:{SECRET}@db.internal:5432/cms"
TRACE = f'Traceback (most recent call last):\n  File "/srv/{SECRET}.py", line 1, in <module>\n{ADDRESS}'
BODIES = {
    "a connection string": ADDRESS,
    "a stack trace": TRACE,
    "HTML": f"<!doctype html><html><script>{SECRET}</script><body>{TRACE}</body></html>",
    "a JSON text": json.dumps(ADDRESS),
    "our own shape": json.dumps(
        {
            "error": {
                "code": SECRET,
                "message": ADDRESS,
                "correlation_id": SECRET,
                "fields": [{"field": "limit", "message": ADDRESS}, {"field": SECRET, "message": TRACE}],
            }
        }
    ),
    "values of the contract": json.dumps(
        {
            "batches": [{"batch_id": SECRET, "overall_status": SECRET}],
            "courses": [{"course_code": SECRET, "name": SECRET, "language": SECRET}],
            "user_balance": SECRET,
            str(uuid4()): {"class_id": SECRET},
        }
    ),
}
HEADERS = {
    "X-Secret": SECRET,
    "Set-Cookie": f"session={SECRET}",
    "Location": f"http://{SECRET}.internal/",
    "WWW-Authenticate": f'Basic realm="{SECRET}"',
    "X-Correlation-ID": SECRET,
    "Retry-After": SECRET,
}
QUERY = """{
    viewer { credits { userBalance orgBalance } }
    batches { nodes { title classInfo { className } } totalCount }
    batch(id: "5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0001") { title }
    courses { code }
}"""
PAGE = {
    "batches": [
        {
            "batch_id": "5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0002",
            "user_id": TEACHER,
            "assignment_id": None,
            "title": "Novell",
            "batch_type": "regular",
            "overall_status": "ready",
            "current_phase": None,
            "requested_pipelines": [],
            "essay_count": 0,
            "completed_essay_count": 0,
            "failed_essay_count": 0,
            "created_at": "2026-09-14T12:00:00Z",
            "updated_at": "2026-09-14T12:00:00Z",
            "processing_started_at": None,
            "processing_completed_at": None,
        }
    ],
    "pagination": {"limit": 20, "offset": 0, "total": 1, "next": None},
    "cursors": ["abc"],
}


@pytest.fixture
async def hostile() -> AsyncIterator[httpx.AsyncClient]:
    """The gateway over upstreams that a test lets say what it wants."""
    async with client(create_app(CONFIGURED, mockable()), bearer()) as gateway:
        yield gateway


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("ras_works", [True, False])
@respx.mock
async def test_nothing_of_an_upstreams_answer_is_told(hostile: httpx.AsyncClient, body: str, ras_works: bool) -> None:
    if ras_works:
        respx.get(f"http://ras.test/internal/v1/batches/user/{TEACHER}").respond(json=PAGE)
    everywhere = respx.route(host__regex=r"(cms|ras|entitlements)\.test")
    media_type = "application/json" if body.startswith(("{", '"')) else "text/html"
    for status in STATUSES:
        everywhere.mock(side_effect=says(status, body.encode(), HEADERS | {"Content-Type": media_type}))
        in_graph = await hostile.post("/graphql", json={"query": QUERY})
        in_rest = await hostile.get("/bff/v1/teacher/dashboard")
        told = in_graph.json()
        del told["extensions"]  # of development: it tells what was called
        assert told["data"]["viewer"] == {"credits": None}
        assert told["data"]["courses"] is None
        assert {each["extensions"]["service"] for each in told["errors"]} == {"cms", "ras", "entitlements"}
        assert (in_graph.status_code, in_rest.status_code // 100) == (200, 2 if ras_works else 5)
        for shown in (str(told), in_rest.text, str(in_graph.headers), str(in_rest.headers)):
            for leak in (SECRET, "internal", ".test", "Traceback", "<html", "postgresql", "File "):
                assert leak not in shown, (status, shown)


@respx.mock
async def test_refused_credentials_are_an_alarm(hostile: httpx.AsyncClient) -> None:
    route = respx.get("http://cms.test/internal/v1/courses")
    levels = {}
    for status in (400, 401, 403, 404, 429, 500, 503):
        route.respond(status)
        with capture_logs() as logs:
            await ask(hostile, "{ courses { code } }")
        [levels[status]] = [each["log_level"] for each in logs if each["event"] == "unsuccessful"]
    assert {status for status, level in levels.items() if level == "error"} == {401, 403}
    assert set(levels.values()) == {"error", "warning"}


def test_who_asks_an_upstream_may_see_why_it_refused() -> None:
    body = b'{"error": {"code": "CONFLICT", "message": "m", "fields": [{"field": "email", "message": "is taken"}]}}'
    error = verdict_of(409).failure("service", 409, body)
    assert isinstance(error, RefusedError)
    assert (error.answered, error.upstream_code, error.fields) == (409, "CONFLICT", {"email": "is taken"})
    for garbage in (b"", b"[]", b"\xff", b'{"error": 1}', b'{"error": {"fields": [1]}}', b"[" * 100_000):
        error = verdict_of(404).failure("service", 404, garbage)
        assert isinstance(error, RefusedError)
        assert (error.answered, error.upstream_code, error.fields) == (404, "", {})


EDGES = """{ batches { nodes {
    batchId title classInfo { className } validation { deviationCount autoConfirmDeadline } completedAt
} } batch(id: "5b0a4f4e-8f0e-4b55-9a8c-6d1f3c1a0001") { title } viewer { orgId } }"""


def nulls(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Where an answer's data is null."""
    if value is None:
        return {path}
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {each for key, of in inner for each in nulls(of, (*path, key))}


def failed(answer: dict[str, Any]) -> set[tuple[str | int, ...]]:
    return {tuple(error["path"]) for error in answer.get("errors", [])}


@respx.mock
async def test_a_null_by_failure_has_an_error_at_its_path_and_one_by_nature_has_none(
    cms_database: RolledBack, ras_database: RolledBack
) -> None:
    classless, _ = await batches(ras_database, batch(title=None), batch(state=BatchState.READY_FOR_PIPELINE_EXECUTION))
    in_class, _ = await batches(ras_database, batch(), batch())
    await cms_database.add(association(in_class, await a_class(cms_database)))
    respx.route(host="cms.test").respond(500)
    async with running(cms_app(cms_database)) as cms, running(ras_app(ras_database)) as ras:
        async with client(gateway_app(cms, ras), bearer()) as gateway:
            whole = await ask(gateway, EDGES)
        async with client(gateway_app(None, ras), bearer()) as gateway:
            without_cms = await ask(gateway, EDGES)
    assert failed(whole) == set()
    rows = range(4)
    by_failure = {("batches", "nodes", n, edge) for n in rows for edge in ("classInfo", "validation")}
    assert failed(without_cms) == by_failure
    # By nature: of a batch without a title, without an end, without a class; of one that is unknown; of no organisation
    by_nature = nulls(whole["data"]) - {each for each in nulls(whole["data"]) if each[:4] in by_failure}
    assert nulls(without_cms["data"]) == by_nature | by_failure
    [untitled] = [n for n in rows if whole["data"]["batches"]["nodes"][n]["batchId"] == str(classless)]
    assert by_nature >= {("batches", "nodes", untitled, "title"), ("batch",), ("viewer", "orgId")}
    assert ("batches", "nodes", untitled, "classInfo") in nulls(whole["data"])


@respx.mock
async def test_a_value_that_the_graph_cannot_show_is_not_blamed_on_the_client() -> None:
    body = PAGE | {"pagination": PAGE["pagination"] | {"total": 2**40}}  # type: ignore[operator]
    respx.get(f"http://ras.test/internal/v1/batches/user/{TEACHER}").respond(json=body)
    async with client(create_app(GATEWAY, mockable()), bearer()) as gateway:
        answer = await ask(gateway, "{ batches { totalCount } }")
    assert answer["data"] == {"batches": None}
    [error] = answer["errors"]
    assert error["path"] == ["batches", "totalCount"]
    assert (error["message"], error["extensions"]["code"]) == (
        "Something went wrong on our side.",
        "INTERNAL_SERVER_ERROR",
    )
