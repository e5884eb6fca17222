"""GraphQL over HTTP."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.http.media import GRAPHQL, JSON, negotiate
from kit.errors import NotAcceptableError
from tests.support.apps import bearer
from tests.support.given import TEACHER

VIEWER = "{ viewer { userId } }"
FOUND = {"viewer": {"userId": TEACHER}}


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("APPLICATION/JSON; charset=utf-8", JSON),
        ("application/json;q=0, */*", GRAPHQL),
        ("text/html, */*;q=0.8", JSON),
    ],
)
def test_the_media_type_is_negotiated(accept: str | None, chosen: str) -> None:
    assert negotiate(accept) == chosen


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "application/json;q=x"])
def test_nothing_acceptable_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError):
        negotiate(accept)


async def test_post_and_get_answer_alike(gateway: httpx.AsyncClient) -> None:
    query = "query One($x: Boolean!) { viewer { userId @include(if: $x) } } query Two { viewer { orgId } }"
    asked: dict[str, Any] = {"query": query, "operationName": "One", "variables": {"x": True}}
    posted = await gateway.post("/graphql", json=asked)
    got = await gateway.get("/graphql", params=asked | {"variables": json.dumps(asked["variables"])})
    assert posted.json()["data"] == got.json()["data"] == FOUND
    assert posted.headers["Content-Type"] == got.headers["Content-Type"] == "application/json"
    assert posted.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ viewer { userId }", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        ("{ batches(first: 1.5) { totalCount } }", "Argument 'first': Int cannot represent non-integer value: 1.5"),
        ("query ($n: Int!) { batches(first: $n) { totalCount } }", "Variable '$n' has invalid value: "),
        ("{ viewer { userId } } { viewer { userId } }", "This anonymous operation must be the only defined operation."),
        ("{" * 400 + "}" * 400, "Syntax Error"),
        ("{ " + "viewer { userId } " * 400 + "}", "Syntax Error: Document contains more than 1000 tokens."),
    ],
)
async def test_a_request_error_has_no_data_and_its_status_follows_the_media_type(
    gateway: httpx.AsyncClient, query: str, message: str
) -> None:
    for media_type, status in ((GRAPHQL, 400), (JSON, 200)):
        answer = await gateway.post("/graphql", json={"query": query}, headers={"Accept": media_type})
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, media_type)
        body = answer.json()
        assert "data" not in body
        assert body["errors"][0]["message"].startswith(message)
        assert body["errors"][0]["extensions"]["code"] == "VALIDATION_ERROR"
        assert len(body["errors"]) <= 11


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "VALIDATION_ERROR"),
        (b"null", "application/json", 400, "VALIDATION_ERROR"),
        (b"5", "application/json", 400, "VALIDATION_ERROR"),
        (b'"x"', "application/json", 400, "VALIDATION_ERROR"),
        (b"[]", "application/json", 400, "VALIDATION_ERROR"),
        (b"{}", "application/json", 400, "VALIDATION_ERROR"),
        (b'{"query": ""}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"query": 1}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"query": "{ viewer { userId } }", "variables": []}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"query": "\\ud800"}', "application/json", 400, "VALIDATION_ERROR"),
        (b"\xff\xfe", "application/json", 400, "VALIDATION_ERROR"),
        (b'{"x": ' + b"[" * 50_000, "application/json", 400, "VALIDATION_ERROR"),
        (b"query=%7Bviewer%7D", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b" " * 300_000, "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_a_bad_body_is_a_graphql_error(
    gateway: httpx.AsyncClient, content: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await gateway.post("/graphql", content=content, headers={"Content-Type": content_type})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (status, code)
    assert UUID(error["extensions"]["correlationId"]) == UUID(answer.headers["X-Correlation-ID"])


@pytest.mark.parametrize("params", ["", "?query=", "?query=%7Bviewer%7BuserId%7D%7D&variables=nope"])
async def test_a_bad_get_is_a_graphql_error(gateway: httpx.AsyncClient, params: str) -> None:
    answer = await gateway.get(f"/graphql{params}")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "VALIDATION_ERROR")


async def test_nothing_acceptable_is_406(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": VIEWER}, headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")


async def test_another_method_is_405(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.delete("/graphql")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


async def test_the_correlation_id_is_the_clients(gateway: httpx.AsyncClient) -> None:
    given = str(uuid4())
    answer = await gateway.post("/graphql", json={"query": "{ x }"}, headers={"X-Correlation-ID": given})
    assert answer.headers["X-Correlation-ID"] == given
    assert answer.json()["errors"][0]["extensions"]["correlationId"] == given


async def test_a_browser_gets_graphiql_and_a_client_does_not(gateway: httpx.AsyncClient) -> None:
    page = await gateway.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Dashboard" in page.text
    queried = await gateway.get("/graphql", params={"query": VIEWER}, headers={"Accept": "text/html,*/*;q=0.8"})
    assert queried.json()["data"] == FOUND


async def test_health(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get("/healthz")).json() == {"status": "ok"}
    assert (await gateway.get("/readyz")).json() == {"status": "ready", "checks": {}}


async def test_introspection(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": "{ __schema { queryType { name } } }"}, headers=bearer())
    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}
