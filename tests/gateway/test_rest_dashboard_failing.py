"""The REST dashboard when something fails: the caller, an upstream, or we ourselves."""

import asyncio
from typing import Any

import httpx
import pytest
import respx

from kit.responses import encode_json
from tests.gateway.test_rest_dashboard import PATH, Json, row
from tests.gateway.test_upstream_failures import FAILURES, HURRY, Answer
from tests.support.apps import bearer, client, gateway_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.given import batch, batches

RAS = "http://ras.test/internal/v1/batches/user/teacher-1"
IN_CMS = r"http://cms\.test/internal/v1/batches/.*"
STATUS = {"EXTERNAL_SERVICE_ERROR": 502, "SERVICE_UNAVAILABLE": 503, "TIMEOUT": 504}


async def test_without_a_token_nobody_is_told_anything() -> None:
    async with client(gateway_app(None, None)) as gateway:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"X-User-ID": "teacher-1"}):
            answer = await gateway.get(f"{PATH}?limit=0", headers=headers)
            graph = await gateway.post("/graphql", json={"query": "{ viewer { userId } }"}, headers=headers)
            [of_graph] = graph.json()["errors"]
            assert answer.status_code == graph.status_code == 401
            assert answer.headers["WWW-Authenticate"] == graph.headers["WWW-Authenticate"]
            assert answer.json() == {
                "error": {
                    "code": "AUTHENTICATION_ERROR",
                    "message": of_graph["message"],
                    "correlation_id": answer.headers["X-Correlation-ID"],
                }
            }


@pytest.mark.parametrize(("answer", "code"), FAILURES)
@respx.mock
async def test_when_ras_fails_so_does_the_page(answer: Answer, code: str) -> None:
    respx.get(RAS).mock(side_effect=answer)
    async with client(gateway_app(None, None), bearer() | HURRY) as gateway:
        told = await gateway.get(PATH)
    error = told.json()["error"]
    assert told.status_code == STATUS[code]
    assert error["message"].startswith("The result aggregator service ")
    assert error | {"message": ""} == {
        "code": code,
        "message": "",
        "correlation_id": told.headers["X-Correlation-ID"],
    }


@pytest.mark.parametrize(("answer", "code"), FAILURES)
@respx.mock
async def test_when_cms_fails_the_rest_of_the_page_stays(ras_database: RolledBack, answer: Answer, code: str) -> None:
    respx.get(url__regex=IN_CMS).mock(side_effect=answer)
    [made] = await batches(ras_database, batch(title=None))
    async with running(ras_app(ras_database)) as ras, client(gateway_app(None, ras), bearer() | HURRY) as gateway:
        told = await gateway.get(PATH)
    assert (told.status_code, told.json()) == (
        200,
        {"batches": [row(made, title="Untitled Batch")], "total_count": 1, "limit": 20, "offset": 0},
    )


@respx.mock
async def test_an_unforeseen_failure_is_masked() -> None:
    respx.get(RAS).mock(side_effect=RuntimeError("postgresql://ras:secret@db"))
    async with client(gateway_app(None, None), bearer()) as gateway:
        told = await gateway.get(PATH)
    assert told.status_code == 500
    assert told.json()["error"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "Something went wrong on our side.",
        "correlation_id": told.headers["X-Correlation-ID"],
    }


@respx.mock
async def test_a_number_that_the_graph_cannot_show_is_nobody_elses_fault() -> None:
    pagination = {"limit": 20, "offset": 0, "total": 2**40, "next": None}
    respx.get(RAS).respond(content=encode_json({"batches": [], "pagination": pagination, "cursors": []}), headers=JSON)
    async with client(gateway_app(None, None), bearer()) as gateway:
        told = await gateway.get(PATH)
    assert (told.status_code, told.json()["error"]["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert str(2**40) not in told.text


JSON = {"Content-Type": "application/json"}


@respx.mock
async def test_a_client_that_hangs_up_cancels_its_upstream_calls() -> None:
    waiting, cancelled, sent = asyncio.Event(), asyncio.Event(), []

    async def wait(_: httpx.Request) -> httpx.Response:
        waiting.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return httpx.Response(200)

    async def receive() -> Json:
        await waiting.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    respx.get(RAS).mock(side_effect=wait)
    headers = [(name.lower().encode(), value.encode()) for name, value in bearer().items()]
    scope = {"type": "http", "method": "GET", "path": PATH, "query_string": b"", "headers": headers}
    async with running(gateway_app(None, None)) as transport, asyncio.timeout(8):
        await transport.app(scope, receive, send)
        await cancelled.wait()
    assert sent == []
