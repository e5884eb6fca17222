"""The dashboard query answered by hand: the floor under what any gateway in a Python process can spend on it.

It takes the gateway's own request and gives the gateway's own answer, for this one query: a raw ASGI handler that
reads nothing of the request but the token and `first`, bare keep-alive connections instead of an HTTP client, bodies
decoded to dictionaries by msgspec and joined row by row. There is no GraphQL, no limit, deadline, log or correlation
id, and what fails is a 500. The server around it is the same as the gateway's (uvicorn on uvloop and httptools).
"""

import hmac
import time
from base64 import b64encode, urlsafe_b64decode
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.types import Receive, Scope, Send

from benchmarks.connection import Connection
from benchmarks.settings import PeerSettings

_DONE = {"completed_successfully", "completed_with_failures"}
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Upstream:
    """Idle connections are taken last in, first out."""

    def __init__(self, url: str, settings: PeerSettings) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.headers = (
            f" HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Service-ID: {settings.service_id}\r\n"
            f"X-Internal-API-Key: {settings.internal_api_key.get_secret_value()}\r\nX-User-ID: "
        )
        self.idle: list[Connection] = []

    async def get(self, target: str, user_id: str) -> Any:
        connection = self._take() or await Connection.open(self.host, self.port)
        answer = await connection.ask(f"GET {target}{self.headers}{user_id}\r\n\r\n".encode("ascii"))
        self.idle.append(connection)
        if answer.status != 200:
            raise ConnectionError(f"status {answer.status}")
        return _decode(answer.body)

    def _take(self) -> Connection | None:
        while self.idle:
            connection = self.idle.pop()
            if not connection.closed:
                return connection
        return None


class Floor:
    def __init__(self, settings: PeerSettings) -> None:
        self.cms = Upstream(settings.cms_base_url, settings)
        self.ras = Upstream(settings.ras_base_url, settings)
        self.secret = settings.jwt_secret.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        user_id = self._user_id(next((value for name, value in scope["headers"] if name == b"authorization"), b""))
        if user_id is None:
            await _respond(send, 401, b"")
            return
        first = _decode(await _body(receive))["variables"]["first"]
        page = await self.ras.get(f"/internal/v1/batches/user/{user_id}?limit={first}&cursors=true", user_id)
        batch_ids = ",".join([batch["batch_id"] for batch in page["batches"]])
        classes = await self.cms.get(f"/internal/v1/batches/class-info?batch_ids={batch_ids}", user_id)
        await _respond(send, 200, _encode(_joined(page, classes)))

    def _user_id(self, authorization: bytes) -> str | None:
        signed, _, signature = authorization[7:].rpartition(b".")
        if not hmac.compare_digest(hmac.digest(self.secret, signed, "sha256"), _decoded(signature)):
            return None
        claims = _decode(_decoded(signed.partition(b".")[2]))
        return claims["sub"] if claims["exp"] > time.time() else None


async def _respond(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _decoded(part: bytes) -> bytes:
    return urlsafe_b64decode(part + b"=" * (-len(part) % 4))


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message["body"]
    while message["more_body"]:
        message = await receive()
        body += message["body"]
    return body


def _joined(page: dict[str, Any], classes: dict[str, Any]) -> dict[str, Any]:
    pagination = page["pagination"]
    nodes = [_node(batch, classes[batch["batch_id"]]) for batch in page["batches"]]
    page_info = {"hasNextPage": pagination["next"] is not None, "endCursor": (page["cursors"] or [None])[-1]}
    return {"data": {"batches": {"nodes": nodes, "pageInfo": page_info, "totalCount": pagination["total"]}}}


def _node(batch: dict[str, Any], info: dict[str, Any] | None) -> dict[str, Any]:
    batch_id, status, phase = batch["batch_id"], batch["overall_status"], batch["current_phase"]
    essays, completed, failed = batch["essay_count"], batch["completed_essay_count"], batch["failed_essay_count"]
    return {
        "id": b64encode(f"Batch:{batch_id}".encode()).decode(),
        "batchId": batch_id,
        "title": batch["title"],
        "status": status.upper(),
        "processingPhase": phase and phase.upper(),
        "totalEssays": essays,
        "completedEssays": completed,
        "failedEssays": failed,
        "progress": 100 if status in _DONE else 100 * (completed + failed) // essays if essays else 0,
        "createdAt": batch["created_at"],
        "completedAt": batch["processing_completed_at"],
        "classInfo": info and {"classId": info["class_id"], "className": info["class_name"]},
    }
