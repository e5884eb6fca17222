"""What is no GraphQL request over HTTP is refused as GraphQL has it: with errors, a code and no data."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.http.media import JSON
from tests.support.given import TEACHER

VIEWER = "{ viewer { userId } }"
FOUND = {"viewer": {"userId": TEACHER}}
ALLOWED = "GET, HEAD, POST, QUERY, OPTIONS"


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == f"{JSON}; charset=utf-8"
    body = answer.json()
    assert body.keys() == {"errors"}
    [error] = body["errors"]
    assert error["extensions"]["code"] == code
    assert UUID(error["extensions"]["correlationId"]) == UUID(answer.headers["X-Correlation-ID"])
    message: str = error["message"]
    return message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "body must be JSON in UTF-8"),
        (b"{", "body must be JSON in UTF-8"),
        (b"null", "body expected `object`, got `null`"),
        (b"5", "body expected `object`, got `int`"),
        (b'"x"', "body expected `object`, got `str`"),
        (b"true", "body expected `object`, got `bool`"),
        (b"[]", "body must be one operation; several in a list are not taken"),
        (b' [{"query": "{ x }"}]', "body must be one operation; several in a list are not taken"),
        (b"{}", "query is required, or documentId"),
        (b'{"query": ""}', "query is required, or documentId"),
        (b'{"query": 1}', "query expected `str | null`, got `int`"),
        (b'{"query": null}', "query is required, or documentId"),
        (b'{"query": "{ x }", "variables": []}', "variables expected `object | null`, got `array`"),
        (b'{"query": "{ x }", "operationName": {}}', "operationName expected `str | null`, got `object`"),
        (b'{"query": "{ x }", "extensions": 1}', "extensions expected `object | null`, got `int`"),
        (b'{"query": "\\ud800"}', ""),
        (b"\xff\xfe", "body must be JSON in UTF-8"),
        (b'\xef\xbb\xbf{"query": "{ x }"}', "body must be JSON in UTF-8"),
        ('{"query": "{ x }"}'.encode("utf-16"), "body must be JSON in UTF-8"),
        (b'{"query": "{ x }", "variables": {"x": NaN}}', "body must be JSON in UTF-8"),
        (b'{"query": "{ x }"} {}', "body must be JSON in UTF-8"),
        (b'{"query": "{ x }", "variables": {"x": ' + b"9" * 5000 + b"}}", ""),
        (b'{"query": "{ x }", "variables": {"x": 1e999}}', ""),
        (b'{"x": ' + b"[" * 50_000, ""),
        (b'{"query": "{ x }", "variables": {"x": ' + b'{"x":' * 9000 + b"1" + b"}" * 9002, ""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "QUERY"])
async def test_a_bad_body_is_400(gateway: httpx.AsyncClient, method: str, content: bytes, message: str) -> None:
    answer = await gateway.request(method, "/graphql", content=content, headers={"Content-Type": JSON})
    assert refused(answer, 400, "VALIDATION_ERROR").lower().startswith(message.lower())


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/graphql-response+json",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16; charset=utf-8",
        'application/json; x=y; Charset = "utf-7"',
    ],
)
@pytest.mark.parametrize("method", ["POST", "QUERY"])
async def test_another_content_type_is_415(gateway: httpx.AsyncClient, method: str, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await gateway.request(method, "/graphql", content=b'{"query": "{ x }"}', headers=headers)
    assert refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE") == "The body must be application/json in UTF-8."
    assert answer.headers["Accept-Query"] == "application/json"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json;charset=utf-8",
        'Application/JSON ; Charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json; profile=x",
        "application/json;",
    ],
)
async def test_parameters_of_a_content_type_do_no_harm(gateway: httpx.AsyncClient, content_type: str) -> None:
    body = b'{"query": "{ viewer { userId } }", "more": [1], "variables": null, "extensions": null}'
    answer = await gateway.post("/graphql", content=body, headers={"Content-Type": content_type})
    assert answer.json()["data"] == FOUND


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_another_method_is_405(gateway: httpx.AsyncClient, method: str) -> None:
    answer = await gateway.send(httpx.Request(method, "http://test/graphql", headers=gateway.headers))
    assert refused(answer, 405, "METHOD_NOT_ALLOWED") == f"This path takes {ALLOWED}."
    assert answer.headers["Allow"] == ALLOWED


async def test_the_options_are_told_to_anybody(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.options("/graphql", headers={"Authorization": ""})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (answer.headers["Allow"], answer.headers["Accept-Query"]) == (ALLOWED, "application/json")


MUTATION = 'mutation { createClass(input: {name: "ES25a", courseCode: SV1}) { class { name } } }'


@pytest.mark.parametrize("method", ["GET", "QUERY", "HEAD"])
@pytest.mark.parametrize("accept", [JSON, "multipart/mixed", "*/*"])
async def test_a_mutation_is_for_post(gateway: httpx.AsyncClient, method: str, accept: str) -> None:
    asked: dict[str, Any] = {"json" if method == "QUERY" else "params": {"query": MUTATION}}
    answer = await gateway.request(method, "/graphql", headers={"Accept": accept}, **asked)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert refused(answer, 405, "METHOD_NOT_ALLOWED") == "GET and QUERY are for queries; use POST."
    told = await gateway.post("/graphql", json={"query": "{ classes { totalCount } }"})
    assert told.json()["data"] == {"classes": {"totalCount": 0}}


@pytest.mark.parametrize("query", ["subscription { teacherUpdates { type } }", VIEWER])
async def test_head_has_no_stream(gateway: httpx.AsyncClient, query: str) -> None:
    answer = await gateway.head("/graphql", params={"query": query}, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.content) == (406, b"")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("", "query is required"),
        ("query=", "query is required"),
        ("Query=%7Bx%7D", "query is required"),
        ("query=%7Bx%7D&query=%7Bx%7D", "query may be given only once"),
        ("query=&query=", "query may be given only once"),
        ("query=%7Bx%7D&variables=&variables=%7B%7D", "variables may be given only once"),
        ("query=%7Bx%7D&variables=nope", "variables must be JSON in UTF-8"),
        ("query=%7Bx%7D&variables=[]", "variables expected `object`, got `array`"),
        ("query=%7Bx%7D&variables=5", "variables expected `object`, got `int`"),
        ("query=%7Bx%7D&variables=%ff", "variables must be JSON in UTF-8"),
        ("query=%7Bx%7D&extensions={", "extensions must be JSON in UTF-8"),
        ("query=%7Bx%7D&extensions=%22x%22", "extensions expected `object`, got `str`"),
        ("query=%7Bx%7D&variables=" + "[" * 20_000, ""),
    ],
)
async def test_a_bad_url_is_400(gateway: httpx.AsyncClient, params: str, message: str) -> None:
    answer = await gateway.get(f"/graphql?{params}")
    assert refused(answer, 400, "VALIDATION_ERROR").lower().startswith(message.lower())


async def test_what_takes_too_long_or_too_much_is_refused_alike(gateway: httpx.AsyncClient) -> None:
    large = await gateway.post("/graphql", content=b" " * 300_000, headers={"Content-Type": JSON})
    assert refused(large, 413, "PAYLOAD_TOO_LARGE") == "The body may have at most 262144 bytes."
    for ms in ("0", "1", "20"):
        late = await gateway.post("/graphql", json={"query": VIEWER}, headers={"X-Request-Deadline-Ms": ms})
        assert refused(late, 504, "TIMEOUT") == "The deadline passed before the answer was ready."


async def test_a_mistake_of_ours_is_told_alike(gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("postgresql://secret@db")

    monkeypatch.setattr("gateway.http.view.read_request", broken)
    answer = await gateway.post("/graphql", json={"query": VIEWER})
    assert refused(answer, 500, "INTERNAL_SERVER_ERROR") == "Something went wrong on our side."


async def test_other_paths_tell_their_errors_in_their_own_way(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.delete("/healthz")
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
