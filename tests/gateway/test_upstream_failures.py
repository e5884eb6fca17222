"""What the real services cannot be made to say: refusals, garbage, silence."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx

from gateway.context import Identity, make_upstreams
from gateway.documents import document
from gateway.upstreams.through_httpx import HttpxSender
from kit.call import DEADLINE_MS, begin_call, current_call
from tests.support.apps import GATEWAY, bearer, client, gateway_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.given import batch, batches
from tests.support.graph import ask

CMS = "http://cms.test/internal/v1/batches/class-info"
RAS = "http://ras.test/internal/v1/batches/user/teacher-1"
JSON = {"Content-Type": "application/json"}
EMPTY_PAGE = {"batches": [], "pagination": {"limit": 20, "offset": 0, "total": 0, "next": None}, "cursors": []}

Answer = Callable[[httpx.Request], Any]


def says(status: int, content: bytes = b"{}", headers: dict[str, str] = JSON) -> Answer:
    return lambda _: httpx.Response(status, content=content, headers=headers)


def fails(error: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("http://internal:5002 is down", request=request)

    return answer


async def silence(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(30)
    return httpx.Response(200)


class Drip(httpx.AsyncByteStream):
    """A byte now and then: no single read ever times out."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.02)


FAILURES = [
    pytest.param(says(500, b"Traceback: postgresql://cms:secret@db"), "EXTERNAL_SERVICE_ERROR", id="500"),
    pytest.param(says(401), "EXTERNAL_SERVICE_ERROR", id="401"),
    pytest.param(says(404), "EXTERNAL_SERVICE_ERROR", id="404"),
    pytest.param(says(400, b"<nonsense>"), "EXTERNAL_SERVICE_ERROR", id="400"),
    pytest.param(says(302, headers={"Location": "http://elsewhere.test"}), "EXTERNAL_SERVICE_ERROR", id="redirect"),
    pytest.param(says(200, b"{"), "EXTERNAL_SERVICE_ERROR", id="broken JSON"),
    pytest.param(says(200, b"\xff\xfe"), "EXTERNAL_SERVICE_ERROR", id="no UTF-8"),
    pytest.param(says(200, b"[" * 100_000), "EXTERNAL_SERVICE_ERROR", id="deep JSON"),
    pytest.param(says(200, b'{"batches": 1, "x": {}}'), "EXTERNAL_SERVICE_ERROR", id="another shape"),
    pytest.param(says(200, b"{}", {"Content-Type": "text/html"}), "EXTERNAL_SERVICE_ERROR", id="no JSON"),
    pytest.param(says(200, b" " * 5_000_000), "EXTERNAL_SERVICE_ERROR", id="too long"),
    pytest.param(
        says(200, gzip.compress(b"{}"), JSON | {"Content-Encoding": "gzip"}), "EXTERNAL_SERVICE_ERROR", id="gzip"
    ),
    pytest.param(fails(httpx.ConnectError), "EXTERNAL_SERVICE_ERROR", id="refused"),
    pytest.param(fails(httpx.RemoteProtocolError), "EXTERNAL_SERVICE_ERROR", id="truncated"),
    pytest.param(fails(httpx.ReadTimeout), "TIMEOUT", id="read timeout"),
    pytest.param(says(503), "SERVICE_UNAVAILABLE", id="503"),
    pytest.param(says(429), "SERVICE_UNAVAILABLE", id="429"),
    pytest.param(says(504), "TIMEOUT", id="504"),
    pytest.param(silence, "TIMEOUT", id="silence"),
    pytest.param(lambda _: httpx.Response(200, headers=JSON, stream=Drip()), "TIMEOUT", id="drip"),
]
HURRY = {DEADLINE_MS: "1000"}


@pytest.mark.parametrize(("answer", "code"), FAILURES)
@respx.mock
async def test_without_cms_the_page_stays_whole_but_for_the_class(
    ras_database: RolledBack, answer: Answer, code: str
) -> None:
    respx.get(CMS).mock(side_effect=answer)
    made = await batches(ras_database, batch(), batch())
    async with running(ras_app(ras_database)) as ras, client(gateway_app(None, ras), bearer() | HURRY) as gateway:
        begun = asyncio.get_running_loop().time()
        told = await ask(gateway, document("dashboard"))
        assert asyncio.get_running_loop().time() - begun < 5, "the silence lasts 30 s, and the drip for ever"

    page = told["data"]["batches"]
    assert {each["batchId"] for each in page["nodes"]} == {str(each) for each in made}
    assert [each["classInfo"] for each in page["nodes"]] == [None, None]
    assert page["totalCount"] == 2
    assert [error["path"] for error in told["errors"]] == [["batches", "nodes", n, "classInfo"] for n in range(2)]
    for error in told["errors"]:
        assert error["message"].startswith("The class management service ")
        assert error["extensions"] == {
            "code": code,
            "service": "cms",
            "retryable": True,
            "correlationId": error["extensions"]["correlationId"],
        }
    assert "secret" not in str(told)
    assert "internal:5002" not in str(told)


@pytest.mark.parametrize(("answer", "code"), FAILURES)
@respx.mock
async def test_without_ras_there_is_one_clean_error(answer: Answer, code: str) -> None:
    respx.get(RAS).mock(side_effect=answer)
    async with client(gateway_app(None, None), bearer() | HURRY) as gateway:
        told = await ask(gateway, document("dashboard"))
    assert told["data"] == {"batches": None}
    [error] = told["errors"]
    assert (error["path"], error["extensions"]["code"], error["extensions"]["service"]) == (["batches"], code, "ras")
    assert error["message"].startswith("The result aggregator service ")
    assert "secret" not in str(told)


@respx.mock
async def test_an_unforeseen_failure_is_masked() -> None:
    respx.get(RAS).mock(side_effect=RuntimeError("postgresql://ras:secret@db"))
    async with client(gateway_app(None, None), bearer()) as gateway:
        told = await ask(gateway, "{ batches { totalCount } viewer { userId } }")
    assert told["data"] == {"batches": None, "viewer": {"userId": "teacher-1"}}
    [error] = told["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in str(told)


@respx.mock
async def test_what_travels_to_an_upstream() -> None:
    route = respx.get(RAS).respond(json=EMPTY_PAGE)
    correlation_id, trace = str(uuid4()), f"00-{'a' * 32}-{'b' * 16}-01"
    forged = {
        "X-User-ID": "teacher-2",
        "X-Internal-API-Key": "forged",
        "X-Service-ID": "forged",
        "X-Correlation-ID": correlation_id,
        "traceparent": trace,
        "Cookie": "session=1",
    }
    async with client(gateway_app(None, None), bearer() | forged) as gateway:
        await ask(gateway, document("dashboard"))
    sent = route.calls.last.request.headers
    assert sent["X-User-ID"] == "teacher-1"
    assert sent["X-Internal-API-Key"] == GATEWAY.internal_api_key.get_secret_value()
    assert sent["X-Service-ID"] == "gateway"
    assert sent["X-Correlation-ID"] == correlation_id
    assert sent["traceparent"] == trace
    assert 9000 < int(sent["X-Request-Deadline-Ms"]) <= 9900
    assert "Authorization" not in sent
    assert "Cookie" not in sent


@respx.mock
async def test_a_user_id_is_one_segment_of_the_path() -> None:
    route = respx.get(url__regex=r"http://ras\.test/.*").respond(json=EMPTY_PAGE)
    async with client(gateway_app(None, None), bearer("a|b@c:d")) as gateway:
        await ask(gateway, document("dashboard"))
    assert route.calls.last.request.url.raw_path.startswith(b"/internal/v1/batches/user/a%7Cb%40c%3Ad?")


@respx.mock
async def test_many_class_info_ids_go_in_parallel_posts() -> None:
    respx.post(CMS).respond(json={})
    token = current_call.set(begin_call(None, None, 10))
    async with httpx.AsyncClient(base_url="http://cms.test") as upstream:
        context = make_upstreams(GATEWAY, HttpxSender(upstream, 4_194_304), HttpxSender(upstream, 4_194_304)).context(
            Identity("teacher-1", None, ())
        )
        await context.cms.class_info([uuid4() for _ in range(2500)])
    current_call.reset(token)
    calls = [(call.method, call.keys) for call in context.session.calls]
    assert calls == [("POST", 1000), ("POST", 1000), ("POST", 500)]


@respx.mock
async def test_a_client_that_hangs_up_cancels_its_upstream_calls(ras_database: RolledBack) -> None:
    waiting, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(_: httpx.Request) -> httpx.Response:
        waiting.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return httpx.Response(200)

    respx.get(CMS).mock(side_effect=wait)
    await batches(ras_database, batch())
    async with running(ras_app(ras_database)) as ras, running(gateway_app(None, ras)) as transport:
        body = httpx.Request("POST", "http://test/graphql", json={"query": document("dashboard")}, headers=bearer())
        messages = [{"type": "http.request", "body": body.read(), "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await waiting.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError(f"nobody is there for {message}")

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.lower(), value) for name, value in body.headers.raw],
        }
        await transport.app(scope, receive, send)
        async with asyncio.timeout(2):
            await cancelled.wait()
