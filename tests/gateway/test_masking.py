"""Whatever breaks, and wherever: the client is told that something did, and the log has the rest."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from graphql import GraphQLError
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from gateway.http.auth import Authenticator
from gateway.rest.projection import Projected
from gateway.schema import schema
from gateway.upstreams.cms import Cms
from gateway.upstreams.ras import Ras
from kit.responses import encode_json
from tests.support.apps import StatefulTransport, bearer, gateway_app, running

SECRET = "postgresql://cms:s3cr3t@db.internal/cms"
PAGE = "{ batches { totalCount } courses { code } }"
Raising = Callable[[pytest.MonkeyPatch, Exception], None]
FAILURES = {
    "an exception": RuntimeError(SECRET),
    "one of the library": GraphQLError(SECRET, extensions={"secret": SECRET}),
    "one inside one of the library": GraphQLError(SECRET, original_error=KeyError(SECRET)),
    "an exception without end": RecursionError(SECRET),
    "several": ExceptionGroup(SECRET, [ValueError(SECRET)]),
    "half a character": UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET),
}


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def raising_later(error: Exception) -> Callable[..., Any]:
    async def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


def in_resolver(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(Ras, "batches", raising_later(error))
    patch.setattr(Cms, "courses", raising_later(error))


def in_scalar(patch: pytest.MonkeyPatch, error: Exception) -> None:
    async def batches(*_: Any) -> Any:
        return type("Page", (), {"pagination": type("Pagination", (), {"total": 1})(), "batches": [], "cursors": []})()

    patch.setattr(Ras, "batches", batches)
    patch.setattr(Cms, "courses", raising_later(error))
    patch.setattr(schema._schema.type_map["Int"], "serialize", raising(error))


def in_encoding(patch: pytest.MonkeyPatch, error: Exception) -> None:
    """Of the answer; what is told instead can be encoded."""
    encoders = iter([raising(error)])
    patch.setattr("gateway.http.view.encode_json", lambda body: next(encoders, encode_json)(body))  # noqa: PLW0108  another each time


IN_EXECUTION: dict[str, Raising] = {"a resolver": in_resolver, "a scalar": in_scalar}
OUTSIDE: dict[str, Raising] = {
    "authentication": lambda patch, error: patch.setattr(Authenticator, "identified", raising_later(error)),
    "reading": lambda patch, error: patch.setattr("gateway.http.view.read_request", raising_later(error)),
    "preparing": lambda patch, error: patch.setattr("gateway.execution.Engine.prepared", raising(error)),
    "executing": lambda patch, error: patch.setattr("gateway.execution.Engine.execute", raising_later(error)),
    "presenting": lambda patch, error: patch.setattr("gateway.http.operations.Operations._answer", raising(error)),
    "encoding": in_encoding,
}


@pytest.fixture
async def transport() -> AsyncIterator[httpx.ASGITransport]:
    async with running(gateway_app(None, None)) as made:
        yield made


def client_of(transport: httpx.ASGITransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=bearer())


def masked(answer: httpx.Response, logs: Any) -> None:
    assert "s3cr3t" not in answer.text
    assert "s3cr3t" not in str(answer.headers)
    assert "Traceback" not in answer.text
    told = [each for each in logs if each["log_level"] == "error"]
    assert told, "the log has nothing"
    assert all(each.get("exc_info") for each in told)


@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("place", IN_EXECUTION.values(), ids=IN_EXECUTION)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "multipart/mixed"])
async def test_in_execution(
    transport: httpx.ASGITransport, monkeypatch: pytest.MonkeyPatch, accept: str, place: Raising, error: Exception
) -> None:
    place(monkeypatch, error)
    async with client_of(transport) as gateway:
        with capture_logs() as logs:
            answer = await gateway.post("/graphql", json={"query": PAGE}, headers={"Accept": accept})
    masked(answer, logs)
    start, end = answer.text.index("{"), answer.text.rindex("}")
    told = json.loads(answer.text[start : end + 1])
    assert told["data"]["courses"] is None
    for each in told["errors"]:
        assert each["message"] == "Something went wrong on our side."
        assert each["extensions"] == {
            "code": "INTERNAL_SERVER_ERROR",
            "retryable": False,
            "correlationId": answer.headers["X-Correlation-ID"],
        }


@pytest.mark.parametrize("error", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("place", OUTSIDE.values(), ids=OUTSIDE)
async def test_outside_of_it(
    transport: httpx.ASGITransport, monkeypatch: pytest.MonkeyPatch, place: Raising, error: Exception
) -> None:
    place(monkeypatch, error)
    async with client_of(transport) as gateway:
        with capture_logs() as logs:
            answer = await gateway.post("/graphql", json={"query": PAGE})
    masked(answer, logs)
    assert answer.status_code == 500
    [told] = answer.json()["errors"]
    assert told["message"] == "Something went wrong on our side."
    assert told["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert told["extensions"]["correlationId"] == answer.headers["X-Correlation-ID"]


@pytest.mark.parametrize(
    "place",
    [in_resolver, lambda patch, error: patch.setattr(Projected, "make", raising(error))],
    ids=["a resolver", "the answer"],
)
async def test_in_rest(transport: httpx.ASGITransport, monkeypatch: pytest.MonkeyPatch, place: Raising) -> None:
    place(monkeypatch, RuntimeError(SECRET))
    async with client_of(transport) as gateway:
        with capture_logs() as logs:
            answer = await gateway.get("/bff/v1/teacher/dashboard")
    masked(answer, logs)
    assert answer.status_code in (500, 502)
    assert answer.json()["error"]["code"] in ("INTERNAL_SERVER_ERROR", "EXTERNAL_SERVICE_ERROR")


@pytest.mark.parametrize("place", [in_resolver, OUTSIDE["preparing"], OUTSIDE["presenting"]])
async def test_over_a_websocket(transport: StatefulTransport, monkeypatch: pytest.MonkeyPatch, place: Raising) -> None:
    place(monkeypatch, RuntimeError(SECRET))
    with capture_logs() as logs:
        sent = await spoken(transport.app, [{"type": "subscribe", "id": "1", "payload": {"query": PAGE}}])
    assert "s3cr3t" not in str(sent)
    assert any(each["log_level"] == "error" and each.get("exc_info") for each in logs)
    assert "INTERNAL_SERVER_ERROR" in str(sent) or sent[-1]["code"] == 4500


async def spoken(app: ASGIApp, messages: list[dict[str, Any]]) -> list[Any]:
    """What the gateway sends to a socket that says this, until one operation has ended."""
    init = {"type": "connection_init", "payload": {"Authorization": bearer()["Authorization"]}}
    said = iter([init, *messages])
    sent: list[Any] = []
    ended = asyncio.Event()
    first = True

    async def receive() -> dict[str, Any]:
        nonlocal first
        if first:
            first = False
            return {"type": "websocket.connect"}
        message = next(said, None)
        if message is None:
            await asyncio.wait_for(ended.wait(), 20)
            return {"type": "websocket.disconnect", "code": 1000}
        return {"type": "websocket.receive", "text": json.dumps(message)}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "websocket.close" or '"complete"' in message.get("text", ""):
            ended.set()

    scope = {"type": "websocket", "path": "/graphql", "query_string": b"", "headers": []}
    scope |= {"subprotocols": ["graphql-transport-ws"], "scheme": "ws"}
    await app(scope, receive, send)
    return sent
