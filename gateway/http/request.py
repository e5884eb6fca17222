"""A GraphQL request as it comes over HTTP: POST with a JSON body, or GET with URL parameters."""

import re
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request

from gateway.upstreams.cms_writing import IDEMPOTENCY_KEY
from kit.bodies import decode_json, read_body
from kit.errors import invalid

MAX_KEY = 200
"""Characters of an Idempotency-Key: room is left for a field's response key."""
_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY}}}")


class GraphQLRequest(Struct, rename="camel"):
    query: Annotated[str, Meta(min_length=1)]
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


async def read_request(request: Request) -> GraphQLRequest:
    """Raises ValidationError, UnsupportedMediaError or PayloadTooLargeError."""
    if request.method == "POST":
        return await read_body(request, GraphQLRequest)
    params = request.query_params
    if not params.get("query"):
        raise invalid("query", "is required")
    return GraphQLRequest(
        query=params["query"],
        variables=decode_json("variables", params.get("variables", "{}").encode(), dict[str, Any]),
        operation_name=params.get("operationName"),
    )


def idempotency_key(request: Request) -> str | None:
    """Raises ValidationError for what CMS would not take, with the field's response key behind it."""
    keys = request.headers.getlist(IDEMPOTENCY_KEY)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise invalid(IDEMPOTENCY_KEY, f"must be given once, with 1 to {MAX_KEY} printable ASCII characters")
    return keys[0]
