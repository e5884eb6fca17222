"""What every answer tells browsers and caches, and what none tells of us."""

from collections.abc import AsyncIterator, Iterator, Sequence

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from gateway.app import create_app
from tests.gateway.trusted_callers import VIEWER, serving
from tests.support.apps import GATEWAY, bearer, client

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_US = ("uvicorn", "starlette", "python", "strawberry", "graphql-core", "h11", "httptools")
REVALIDATED = "/graphql/assets"


@pytest.fixture(scope="module")
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    async with client(create_app(GATEWAY), bearer()) as made:
        yield made


def paths(routes: Sequence[BaseRoute], above: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount) and route.routes:
            yield from paths(route.routes, above + route.path)
        elif isinstance(route, Mount):
            yield from (f"{above}{route.path}/{name}" for name in ("start.js", "graphiql.css", "nothing"))
        elif isinstance(route, Route):
            yield above + route.path


PATHS = [*paths(create_app(GATEWAY).routes), "/", "/nothing"]


def test_every_path_is_found() -> None:
    assert {"/graphql", "/healthz", "/readyz", "/docs", "/openapi.json"} <= set(PATHS)
    assert "/bff/v1/teacher/dashboard" in PATHS


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer(gateway: httpx.AsyncClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "QUERY", "DELETE", "OPTIONS"):
        for headers in ({}, {"Authorization": ""}, {"Accept": "text/html"}, {"Accept": "image/png"}):
            answer = await gateway.request(method, path, headers=headers)
            check(answer)
            kept = path.startswith(REVALIDATED) and answer.status_code == 200
            assert answer.headers["Cache-Control"] == ("no-cache" if kept else "no-store"), (method, headers)


def check(answer: httpx.Response) -> None:
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value], name
    assert len(answer.headers.get_list("Cache-Control")) == 1
    assert {"server", "x-powered-by", "set-cookie"}.isdisjoint(answer.headers)
    for name, value in answer.headers.items():
        assert not [each for each in OF_US if each in f"{name}: {value}".lower()]


@pytest.mark.parametrize("path", ["/graphql", "/docs"])
async def test_every_page_has_a_policy_without_scripts_of_others(gateway: httpx.AsyncClient, path: str) -> None:
    page = await gateway.get(path, headers={"Accept": "text/html", "Authorization": ""})
    assert page.headers["Content-Type"].startswith("text/html")
    policy = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy.get("script-src", "'self'") == "'self'"
    assert "unsafe" not in str(policy)
    check(page)


async def test_a_server_adds_nothing_of_itself() -> None:
    """Refusals of its own included, such as that of a request line that is none."""
    async with serving() as url, httpx.AsyncClient(trust_env=False, base_url=url, headers=bearer()) as gateway:
        check(await gateway.post("/graphql", json={"query": VIEWER}))
        check(await gateway.post("/graphql", json={"query": VIEWER}, headers={"Accept": "text/event-stream"}))
        check(await gateway.post("/graphql", content=b" " * 300_000, headers={"Content-Type": "application/json"}))
        check(await gateway.get("/nothing"))
