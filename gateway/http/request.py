"""A GraphQL request as it comes over HTTP: POST or QUERY with a JSON body, or GET with URL parameters."""

import re
from typing import Any

from msgspec import Struct
from starlette.requests import Request

from gateway.upstreams.cms_writing import IDEMPOTENCY_KEY
from kit.bodies import decode_json, json_body
from kit.errors import ValidationError, invalid
from kit.header_fields import every

_KEY_NAME = IDEMPOTENCY_KEY.lower().encode()
MAX_KEY = 200
"""Characters of an Idempotency-Key: room is left for a field's response key."""
_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY}}}")
WITH_BODY = ("POST", "QUERY")
PARAMETERS = frozenset({"query", "documentId", "variables", "operationName", "extensions"})


class GraphQLRequest(Struct, rename="camel"):
    """Which document is meant, gateway/trusted/ knows: an empty text is none."""

    query: str | None = None
    document_id: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


async def read_request(request: Request, max_json_depth: int) -> GraphQLRequest:
    """Raises ValidationError, UnsupportedMediaError or PayloadTooLargeError."""
    if request.scope["method"] not in WITH_BODY:
        return from_url(request, max_json_depth)
    body = await json_body(request)
    try:
        return decode_json("body", body, GraphQLRequest, max_json_depth)
    except ValidationError:
        if body.lstrip()[:1] == b"[":
            raise invalid("body", "must be one operation; several in a list are not taken") from None
        raise


def from_url(request: Request, max_json_depth: int) -> GraphQLRequest:
    """An empty parameter is as good as none, and one that is not known is nobody's business. Raises ValidationError."""
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in PARAMETERS:
            continue
        if name in given:
            raise invalid(name, "may be given only once")
        given[name] = value
    return GraphQLRequest(
        query=given.get("query"),
        document_id=given.get("documentId") or None,
        variables=_map("variables", given, max_json_depth),
        operation_name=given.get("operationName") or None,
        extensions=_map("extensions", given, max_json_depth),
    )


def _map(name: str, given: dict[str, str], max_depth: int) -> dict[str, Any] | None:
    text = given.get(name, "").strip()
    return decode_json(name, text.encode(), dict[str, Any], max_depth) if text not in ("", "null") else None


def idempotency_key(request: Request) -> str | None:
    """Raises ValidationError for what CMS would not take, with the field's response key behind it."""
    keys = every(request.scope, _KEY_NAME)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise invalid(IDEMPOTENCY_KEY, f"must be given once, with 1 to {MAX_KEY} printable ASCII characters")
    return keys[0]
