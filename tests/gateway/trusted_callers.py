"""One request by each way in, and manifests to ask from."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey
from websockets.exceptions import ConnectionClosed

from gateway.app import create_app
from gateway.http.media import GRAPHQL
from tests.gateway.live.peers import socket
from tests.gateway.live.system import SECONDS, Process
from tests.support.apps import GATEWAY, bearer
from tests.support.given import TEACHER
from tests.support.ports import free_port

VIEWER = "query Who { viewer { userId } }"
OTHER = "{ viewer { id: userId } }"
FOUND = {"viewer": {"userId": TEACHER}}
Asked = dict[str, Any]
Told = tuple[Any, str | None]
"""Data, and the code of the one error."""


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def document_id(text: str) -> str:
    return f"sha256:{digest(text)}"


def persisted(text: str) -> Asked:
    """Apollo's extension."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}}


def manifest(path: Path, *texts: str) -> Path:
    path.write_text(json.dumps({document_id(text): text for text in texts}), encoding="utf-8")
    return path


def with_roles(*roles: str) -> dict[str, str]:
    token = bearer()["Authorization"].removeprefix("Bearer ")
    assert GATEWAY.jwt_secret
    key = OctKey.import_key(GATEWAY.jwt_secret.get_secret_value())
    claims = {**jwt.decode(token, key, algorithms=["HS256"]).claims, "roles": list(roles)}
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, key)}"}


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[str]:
    """The URL of a gateway that needs no upstream for what it is asked."""
    port = free_port()
    settings = GATEWAY.model_copy(update={"port": port, **changes})
    made = Process(lambda: create_app(settings), settings)
    await made.start()
    try:
        yield made.url
    finally:
        await made.stop()


def told(body: Mapping[str, Any]) -> Told:
    errors = body.get("errors", [])
    assert len(errors) <= 1, errors
    return body.get("data"), errors[0]["extensions"]["code"] if errors else None


def in_url(asked: Asked) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}


async def over_http(method: str, url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    sent: dict[str, Any] = {"params": in_url(asked)} if method == "GET" else {"json": asked}
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        answer = await client.request(method, f"{url}/graphql", headers={"Accept": GRAPHQL, **headers}, **sent)
    body = answer.json()
    assert (answer.status_code == 200) == ("data" in body), answer.status_code
    return told(body)


async def by_post(url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    return await over_http("POST", url, asked, headers)


async def by_get(url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    return await over_http("GET", url, asked, headers)


async def by_query(url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    return await over_http("QUERY", url, asked, headers)


async def by_events(url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        accept = {"Accept": "text/event-stream"}
        answer = await client.post(f"{url}/graphql", json=asked, headers={**headers, **accept})
    if answer.headers["Content-Type"].startswith("application/"):
        return told(answer.json())
    [data] = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return told(json.loads(data))


async def by_socket(url: str, asked: Asked, headers: Mapping[str, str]) -> Told:
    async with socket(url, headers=dict(headers)) as peer:
        await peer.init()
        await peer.send({"id": "1", "type": "subscribe", "payload": asked})
        try:
            answer = await peer.receive()
        except ConnectionClosed:
            assert (await peer.closed())[0] == 4400
            return None, "VALIDATION_ERROR"
        if answer["type"] == "next":
            return told(answer["payload"])
        assert answer["type"] == "error", answer
        return told({"errors": answer["payload"]})


Way = Callable[[str, Asked, Mapping[str, str]], Awaitable[Told]]
WAYS: Mapping[str, Way] = {
    "POST": by_post,
    "GET": by_get,
    "QUERY": by_query,
    "events": by_events,
    "WebSocket": by_socket,
}
