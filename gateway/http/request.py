"""A GraphQL request as it comes over HTTP: POST with a JSON body, or GET with URL parameters."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request

from kit.bodies import decode_json, read_body
from kit.errors import invalid


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
