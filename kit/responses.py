"""JSON answers, encoded by msgspec in one pass."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from kit.call import current_call
from kit.errors import ConflictError, ServiceError, ValidationError

encode_json = msgspec.json.Encoder().encode


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode_json(value), status, headers, media_type="application/json")


def error_body(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "correlation_id": current_call.get().correlation_id}


def error_response(error: ServiceError) -> Response:
    body = error_body(error.code, error.message)
    if isinstance(error, ValidationError | ConflictError) and error.fields:
        body["fields"] = error.fields
    return json_response({"error": body}, error.status, error.headers)
