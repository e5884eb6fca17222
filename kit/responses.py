"""JSON answers, encoded by msgspec in one pass."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kit.call import current_call
from kit.errors import ConflictError, ServiceError, ValidationError

Telling = Callable[[ServiceError], Response]
"""How a path tells its errors."""

encode_json = msgspec.json.Encoder().encode


class Whole(Response):
    """With the header fields that it is given, and its length: the framework need not look through them."""

    def __init__(self, body: bytes, status: int, fields: Iterable[tuple[bytes, bytes]]) -> None:
        self.body = body
        self.status_code = status
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), *fields]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  as any application
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


_JSON = ((b"content-type", b"application/json"),)


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = encode_json(value)
    return Response(body, status, headers, media_type="application/json") if headers else Whole(body, status, _JSON)


def error_body(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "correlation_id": current_call.get().correlation_id}


def error_response(error: ServiceError) -> Response:
    body = error_body(error.code, error.message)
    if isinstance(error, ValidationError | ConflictError) and error.fields:
        body["fields"] = error.fields
    return json_response({"error": body}, error.status, error.headers)


def refusal(scope: Scope, error: ServiceError) -> Response:
    """In the way of the path, where the application has another one there than REST's."""
    telling: Mapping[str, Telling] = scope["app"].state.telling
    return telling.get(scope["path"], error_response)(error)
