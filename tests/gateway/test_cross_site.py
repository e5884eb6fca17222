"""Pages of other sites: who may read an answer, who may ask, and what a browser never sends by itself."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from gateway.app import create_app
from gateway.http.cors import EXPOSED
from gateway.http.csrf import FORCING
from gateway.http.origins import Origins, exact_origin
from tests.gateway.live.peers import socket
from tests.gateway.trusted_callers import FOUND, VIEWER, serving
from tests.support.apps import GATEWAY, bearer, client

APP = "https://app.example.com"
LISTED = (APP, "http://localhost:5173")
UNLISTED = [
    "https://evil.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com.evil.com",
    "https://xapp.example.com",
    "HTTPS://APP.EXAMPLE.COM",
    "https://app.example.com/",
    "null",
    "*",
    "",
]
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


@pytest.fixture
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    settings = GATEWAY.model_copy(update={"cors_origins": LISTED, "cms_base_url": "http://127.0.0.1:1"})
    async with client(create_app(settings), bearer()) as made:
        yield made


def allowed(answer: httpx.Response) -> str | None:
    """The origin whose pages may read it."""
    found: str | None = answer.headers.get("Access-Control-Allow-Origin")
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers.get("Vary", "").split(", ") or found is None
    return found


@pytest.mark.parametrize("origin", LISTED)
@pytest.mark.parametrize("path", ["/graphql", "/bff/v1/teacher/dashboard"])
async def test_a_preflight_of_a_listed_origin_is_answered(gateway: httpx.AsyncClient, origin: str, path: str) -> None:
    del gateway.headers["Authorization"]  # a browser sends none with it
    answer = await gateway.options(path, headers={"Origin": origin} | PREFLIGHT)
    assert (answer.status_code, answer.content, allowed(answer)) == (204, b"", origin)
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, QUERY"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    asked = {"authorization", "content-type", "idempotency-key", "x-correlation-id", "traceparent", "last-event-id"}
    told = {each.lower() for each in answer.headers["Access-Control-Allow-Headers"].split(", ")}
    assert told >= asked | {each.lower() for each in FORCING}
    assert "*" not in told


@pytest.mark.parametrize("path", ["/graphql", "/bff/v1/teacher/dashboard"])
async def test_no_other_preflight_is(gateway: httpx.AsyncClient, path: str) -> None:
    """What is answered to any OPTIONS allows nothing."""
    for origin in UNLISTED:
        answer = await gateway.options(path, headers={"Origin": origin} | PREFLIGHT)
        assert not [name for name in answer.headers if name.startswith("access-control")], origin


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/nothing"])
async def test_other_paths_are_for_no_other_site(gateway: httpx.AsyncClient, path: str) -> None:
    for answer in (
        await gateway.options(path, headers={"Origin": APP} | PREFLIGHT),
        await gateway.get(path, headers={"Origin": APP}),
    ):
        assert allowed(answer) is None


ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "data": (200, {"method": "POST", "json": {"query": VIEWER}}),
    "data of a GET": (200, {"method": "GET", "params": {"query": VIEWER}}),
    "a stream": (200, {"method": "POST", "json": {"query": VIEWER}, "headers": {"Accept": "text/event-stream"}}),
    "an invalid document": (200, {"method": "POST", "json": {"query": "{"}}),
    "a bad body": (400, {"method": "POST", "content": b"{", "headers": {"Content-Type": "application/json"}}),
    "no token": (401, {"method": "POST", "json": {"query": VIEWER}, "headers": {"Authorization": ""}}),
    "another method": (405, {"method": "DELETE"}),
    "nothing acceptable": (406, {"method": "POST", "json": {}, "headers": {"Accept": "image/png"}}),
    "a large body": (413, {"method": "POST", "json": {"query": " " * 300_000}}),
    "another content type": (415, {"method": "POST", "content": b"x", "headers": {"Content-Type": "text/plain"}}),
    "OPTIONS that are no preflight": (204, {"method": "OPTIONS"}),
    "an upstream that is away": (502, {"method": "GET", "url": "/bff/v1/teacher/dashboard"}),
    "an unknown path": (404, {"method": "GET", "url": "/bff/v1/nothing"}),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_a_listed_origin_may_read_whatever_is_answered_and_no_other(
    gateway: httpx.AsyncClient, case: str
) -> None:
    status, request = ANSWERS[case]
    request = {"url": "/graphql", **request}
    own = request.pop("headers", {})
    for origin in (*LISTED, *UNLISTED, None):
        headers = own if origin is None else {**own, "Origin": origin}
        answer = await gateway.request(**request, headers=headers)
        assert (answer.status_code, allowed(answer)) == (status, origin if origin in LISTED else None)
        if origin in LISTED:
            assert answer.headers["Access-Control-Expose-Headers"] == ", ".join(EXPOSED)


async def test_two_origins_are_nobodys(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": VIEWER}, headers=[("Origin", APP), ("Origin", APP)])
    assert allowed(answer) is None


async def test_options_that_ask_for_nothing_are_no_preflight(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.options("/graphql", headers={"Origin": APP})
    assert (allowed(answer), "Access-Control-Allow-Methods" in answer.headers, "Allow" in answer.headers) == (
        APP,
        False,
        True,
    )


async def test_by_default_no_other_site_is_listed() -> None:
    async with client(create_app(GATEWAY), bearer()) as gateway:
        assert allowed(await gateway.options("/graphql", headers={"Origin": APP} | PREFLIGHT)) is None
        answer = await gateway.post("/graphql", json={"query": VIEWER}, headers={"Origin": APP})
        assert (answer.json()["data"], allowed(answer)) == (FOUND, None)


async def test_a_socket_is_for_pages_of_the_own_site_and_of_listed_ones() -> None:
    async with serving(cors_origins=LISTED) as url:
        for origin in (None, url, *LISTED):
            async with socket(url, headers=bearer() | ({"Origin": origin} if origin else {})) as peer:
                await peer.init()
        for origin in UNLISTED:
            with pytest.raises(InvalidStatus) as caught:
                async with socket(url, headers=bearer() | {"Origin": origin}):
                    pass
            assert caught.value.response.status_code == 403, origin


@pytest.mark.parametrize(
    ("origin", "hosts", "admitted"),
    [
        (APP, [], True),
        ("https://gateway.test", ["gateway.test"], True),
        ("http://gateway.test:4000", ["Gateway.TEST:4000"], True),
        ("http://gateway.test:4000", ["gateway.test"], False),
        ("https://gateway.test", ["gateway.test", "gateway.test"], False),
        ("null", [""], False),
        ("https://", [""], False),
    ],
)
def test_a_page_is_of_the_own_site_by_its_host(origin: str, hosts: list[str], admitted: bool) -> None:
    scope = {"headers": [(b"host", host.encode()) for host in hosts]}
    assert Origins(LISTED).admits(origin.encode(), scope) is admitted


@pytest.mark.parametrize("text", ["*", "null", "", *UNLISTED[5:], "https://a.b:443", "http://a.b:80", "https://a b"])
def test_what_is_no_origin_is_refused_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin as a browser sends it"):
        exact_origin(text)


@pytest.mark.parametrize("text", [*LISTED, "https://[::1]:8443", "http://a.b:443", "capacitor://localhost"])
def test_what_is_one_is_taken(text: str) -> None:
    assert exact_origin(text) == text


COOKIE = {"Cookie": "session=1"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (COOKIE, 403),
        (COOKIE | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        (COOKIE | {"Sec-Fetch-Site": "same-site"}, 403),
        (COOKIE | {"Sec-Fetch-Site": "same-origin"}, 200),
        (COOKIE | {"Content-Type": "text/plain"}, 403),
        *((COOKIE | {name: "1"}, 200) for name in FORCING),
        (COOKIE | {"Authorization": "Basic eDp5"}, 401),
        (COOKIE | {"Authorization": ""}, 401),
        ({"Authorization": ""}, 401),
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/bff/v1/teacher/dashboard"])
async def test_a_get_whose_token_may_be_made_of_a_cookie_needs_a_header_that_needs_a_preflight(
    gateway: httpx.AsyncClient, headers: dict[str, str], status: int, path: str
) -> None:
    params = {"query": VIEWER} if path == "/graphql" else {}
    answer = await gateway.get(path, params=params, headers=headers)
    assert answer.status_code == (502 if path != "/graphql" and status == 200 else status)
    if status == 403:
        assert "AUTHORIZATION_ERROR" in answer.text
        assert all(name in answer.text for name in FORCING)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
@pytest.mark.parametrize("method", ["POST", "QUERY"])
async def test_a_body_of_a_simple_type_is_not_read(
    gateway: httpx.AsyncClient, method: str, content_type: str | None
) -> None:
    headers = COOKIE | ({"Content-Type": content_type} if content_type else {})
    answer = await gateway.request(method, "/graphql", content=b'{"query": "{ viewer { userId } }"}', headers=headers)
    assert (answer.status_code, "data" in answer.json()) == (415, False)
