"""`/openapi.json` for machines and `/docs` for people, without credentials."""

from collections.abc import Callable
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.openapi.operation import Answer, operation
from kit.openapi.page import CONTENT_SECURITY_POLICY, page
from kit.responses import encode_json

_PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def openapi_routes(make: Callable[[], dict[str, Any]]) -> list[Route]:
    """`make` is called once, when somebody first asks: it needs all routes, these included."""
    made = cache(make)

    @cache
    def json() -> bytes:
        return encode_json(made())

    @cache
    def html() -> bytes:
        return page(made()).encode()

    @operation(summary="This document.", answers={200: Answer(dict[str, Any])})
    async def openapi(_: Request) -> Response:
        return Response(json(), media_type="application/json")

    @operation(summary="This document as a page to read.", answers={200: Answer(str, media_type="text/html")})
    async def docs(_: Request) -> Response:
        return Response(html(), media_type="text/html", headers=_PAGE_HEADERS)

    return [Route("/openapi.json", openapi), Route("/docs", docs)]
