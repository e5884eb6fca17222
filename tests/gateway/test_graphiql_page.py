"""GraphiQL as a developer meets it: in headless Chromium, against a running server."""

import json
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import strawberry
import uvicorn
from playwright.async_api import Browser, Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Endpoint

from gateway.http import graphiql
from tests.support.browser import Served, Tab, chromium, opened

MARKUP = '</script><script>alert("x")</script><!--'
TOKEN = "a.working-token"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@strawberry.type
class Query:
    @strawberry.field
    def greeting(self, name: str) -> str:
        return f"Hej {name}!"


SCHEMA = strawberry.Schema(Query)
QUERY = f"query Greeting {{\n  greeting(name: {json.dumps(MARKUP)})\n}}\n"


async def graphql(request: Request) -> Response:
    if request.method == "GET":
        return graphiql.page(query=QUERY, token=TOKEN)
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        refusal = {"message": "The token has expired.", "extensions": {"code": "AUTHENTICATION_ERROR"}}
        return JSONResponse({"errors": [refusal]}, 401)
    body = await request.json()
    result = await SCHEMA.execute(body["query"], body.get("variables"), operation_name=body["operationName"])
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return JSONResponse({"data": result.data, **errors})


APP = Starlette(routes=[Endpoint("/graphql", graphql, methods=["GET", "POST"]), graphiql.ASSETS])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server whose `/graphql` answers GET with the page for this query and token, and POST with data."""
    server = uvicorn.Server(uvicorn.Config(APP, log_level="warning", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", QUERY, TOKEN)
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest.fixture
async def tab(browser: Browser, served: Served) -> AsyncIterator[Tab]:
    async with opened(browser, served) as tab:
        yield tab


async def ask(served: Served) -> Any:
    async with httpx.AsyncClient() as client:
        body = {"query": served.query, "operationName": None}
        return (await client.post(f"{served.base_url}/graphql", json=body, headers=bearer(served.token))).json()


async def serve_with_expired_token(route: Route) -> None:
    if route.request.method != "GET":
        return await route.fallback()
    response = await route.fetch()
    body = re.sub(r"Bearer [\w.-]+", "Bearer expired", await response.text())
    return await route.fulfill(response=response, body=body)


async def test_opens_with_query_and_token_and_answers(tab: Tab) -> None:
    await tab.open()
    assert await tab.query() == tab.served.query
    assert await tab.headers() == bearer(tab.served.token)
    assert (await tab.press_execute())["data"] == (await ask(tab.served))["data"]
    assert (tab.complaints, tab.strangers()) == ([], [])


async def test_documentation_and_dialogs_work_under_the_policy(tab: Tab) -> None:
    await tab.open()
    await tab.press("Show Documentation Explorer")
    await tab.page.click(".graphiql-doc-explorer-type-name:text-is('Query')")
    await expect(tab.page.locator(".graphiql-doc-explorer-title")).to_have_text("Query")
    await tab.press("Open settings dialog")
    await expect(tab.page.locator("[role='dialog']")).to_contain_text("Theme")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.locator("[role='dialog']")).to_have_count(0)
    assert (tab.complaints, tab.strangers()) == ([], [])


async def test_reload_keeps_the_edited_query_and_takes_the_new_token(tab: Tab) -> None:
    await tab.page.route("**/graphql", serve_with_expired_token)
    await tab.open()
    await tab.type_first("# mine")
    refusal = await tab.press_execute()
    assert refusal["errors"][0]["extensions"]["code"] == "AUTHENTICATION_ERROR"
    assert all("401" in complaint for complaint in tab.complaints)

    await tab.page.unroute("**/graphql")
    tab.complaints.clear()
    await tab.reload()
    assert await tab.query() == f"# mine\n{tab.served.query}"
    assert await tab.headers() == bearer(tab.served.token)
    assert (await tab.press_execute())["data"] == (await ask(tab.served))["data"]
    assert tab.complaints == []


async def test_history_and_other_tabs_take_the_new_token(tab: Tab) -> None:
    await tab.page.route("**/graphql", serve_with_expired_token)
    await tab.open()
    await tab.press_execute()
    await tab.press("New tab")
    await tab.type_first("# in the second tab")
    await tab.page.wait_for_function("() => Object.values(localStorage).some(text => /activeTabIndex.:1/.test(text))")
    assert "Bearer" not in await tab.page.evaluate("JSON.stringify(localStorage)")

    await tab.page.unroute("**/graphql")
    await tab.reload()
    assert (await tab.query()).startswith("# in the second tab")
    await tab.page.click("#graphiql-session-tab-0")
    assert await tab.query() == tab.served.query
    assert await tab.headers() == bearer(tab.served.token)
    await tab.press("Show History")
    await tab.page.click(".graphiql-history-item-label")
    assert await tab.headers() == bearer(tab.served.token)


async def test_storage_of_another_graphiql_at_this_address_is_left_alone(tab: Tab) -> None:
    stale = {"graphiql:headers": json.dumps(bearer("expired")), "graphiql:query": "{ theirs }"}
    await tab.page.add_init_script(f"Object.assign(localStorage, {json.dumps(stale)})")
    await tab.open()
    assert await tab.query() == tab.served.query
    assert await tab.headers() == bearer(tab.served.token)
    await tab.press_execute()
    assert stale.items() <= (await tab.page.evaluate("({...localStorage})")).items()


async def test_an_answer_that_is_not_json_is_shown(tab: Tab) -> None:
    await tab.open()
    await tab.page.route("**/graphql", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    message = "The gateway answered 502 without JSON: <h1>Bad Gateway</h1>"
    assert await tab.press_execute() == {"errors": [{"message": message}]}


@pytest.mark.parametrize(("token", "headers"), [(None, {}), (MARKUP, bearer(MARKUP))])
def test_nothing_escapes_from_the_configuration(token: str | None, headers: dict[str, str]) -> None:
    html = bytes(graphiql.page(query=MARKUP, token=token).body).decode()
    configuration, *others = re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    assert others == ["", "", "", ""]
    config = json.loads(configuration)
    assert (config["query"], config["headers"]) == (MARKUP, headers)


def test_headers_of_the_page() -> None:
    headers = graphiql.page(query=QUERY, token=TOKEN).headers
    told = [headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")]
    assert told == ["no-store", "no-referrer", "nosniff"]
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_assets_are_cacheable_and_nothing_else_is_served() -> None:
    transport = httpx.ASGITransport(app=APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway/graphql/assets/") as client:
        start = await client.get("start.js")
        assert start.headers["Content-Type"].startswith("text/javascript")
        assert start.headers["X-Content-Type-Options"] == "nosniff"
        again = await client.get("start.js", headers={"If-None-Match": start.headers["ETag"]})
        assert again.status_code == 304
        for path in ("", "VERSIONS", "%2e%2e/VERSIONS", "..%2f__init__.py", "graphiql.js.map"):
            assert (await client.get(path)).status_code == 404, path


def test_vendored_files_are_those_of_the_versions_note() -> None:
    folder = Path(graphiql.__file__).parent
    noted = re.findall(r"^(\w{64})  (.+)$", (folder / "VERSIONS").read_text(), re.MULTILINE)
    own = {"assets/start.js", "assets/page.css", "assets/favicon.svg"}
    served = {f"assets/{path.name}" for path in (folder / "assets").iterdir()} - own
    assert set(noted) == {(sha256((folder / name).read_bytes()).hexdigest(), name) for name in served}
