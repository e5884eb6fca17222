"""GraphQL over HTTP."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.http.media import GRAPHQL, JSON
from tests.support.apps import bearer
from tests.support.given import TEACHER

VIEWER = "{ viewer { userId } }"
FOUND = {"viewer": {"userId": TEACHER}}


async def test_post_and_get_answer_alike(gateway: httpx.AsyncClient) -> None:
    query = "query One($x: Boolean!) { viewer { userId @include(if: $x) } } query Two { viewer { orgId } }"
    asked: dict[str, Any] = {"query": query, "operationName": "One", "variables": {"x": True}}
    posted = await gateway.post("/graphql", json=asked)
    queried = await gateway.request("QUERY", "/graphql", json=asked)
    got = await gateway.get("/graphql", params=asked | {"variables": json.dumps(asked["variables"])})
    assert posted.json()["data"] == queried.json()["data"] == got.json()["data"] == FOUND
    assert posted.headers["Content-Type"] == got.headers["Content-Type"] == f"{JSON}; charset=utf-8"
    for answer in (posted, queried, got):
        assert (answer.headers["Cache-Control"], answer.headers["Accept-Query"]) == ("no-store", "application/json")


@pytest.mark.parametrize(
    "more",
    [
        "",
        "&variables=&operationName=&extensions=",
        "&variables=null&extensions=null",
        "&variables=%20%7B%7D%20&extensions=%7B%22x%22:[1]%7D",
        "&unknown=1&unknown=2",
    ],
)
async def test_an_empty_url_parameter_is_none(gateway: httpx.AsyncClient, more: str) -> None:
    answer = await gateway.get(f"/graphql?query=%7Bviewer%7BuserId%7D%7D{more}")
    assert answer.json()["data"] == FOUND


async def test_null_is_a_name_in_an_url(gateway: httpx.AsyncClient) -> None:
    params = {"query": "query null { viewer { userId } } query b { viewer { orgId } }", "operationName": "null"}
    assert (await gateway.get("/graphql", params=params)).json()["data"] == FOUND


async def test_head_is_get_without_its_body(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.head("/graphql", params={"query": VIEWER}, headers={"Accept": "multipart/mixed, */*"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"] == f"{JSON}; charset=utf-8"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (b'{"n": 1, "n": 2}', None),
        (b'{"n": ' + b"9" * 400 + b"}", "Variable '$n' has invalid value: Int cannot represent non 32-bit signed"),
        (b'{"n": ' + b"[" * 30 + b"]" * 30 + b"}", "Variable '$n' has invalid value"),
    ],
    ids=["twice", "huge", "deep"],
)
async def test_odd_variables(gateway: httpx.AsyncClient, variables: bytes, message: str | None) -> None:
    query = b'{"query": "query ($n: Int) { batches(first: $n) { totalCount } }", "variables": ' + variables + b"}"
    answer = await gateway.post("/graphql", content=query, headers={"Content-Type": JSON})
    errors = answer.json().get("errors", [])
    assert (answer.status_code, len(errors)) == (200, 1 if message else 0)
    assert all(each["message"].startswith(message) for each in errors)


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
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, f"{media_type}; charset=utf-8")
        body = answer.json()
        assert "data" not in body
        assert body["errors"][0]["message"].startswith(message)
        assert body["errors"][0]["extensions"]["code"] == "VALIDATION_ERROR"
        assert len(body["errors"]) <= 11


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
