"""One path's endpoints by method."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from kit.errors import MethodNotAllowedError

Endpoint = Callable[[Request], Awaitable[Response]]


def resource(
    path: str,
    *,
    get: Endpoint | None = None,
    post: Endpoint | None = None,
    put: Endpoint | None = None,
    delete: Endpoint | None = None,
) -> list[BaseRoute]:
    """A method that the path does not take is refused, and not tried with the patterns that come after it."""
    given = {"GET": get, "POST": post, "PUT": put, "DELETE": delete}
    endpoints = {method: endpoint for method, endpoint in given.items() if endpoint}
    taken = [method for each in endpoints for method in ((each, "HEAD") if each == "GET" else (each,))]
    routes = [Route(path, endpoint, methods=[method]) for method, endpoint in endpoints.items()]
    return [*routes, Route(path, Refusal(", ".join(taken)))]


class Refusal:
    """As an object and no function, it is routed for every method."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed

    async def __call__(self, _: Scope, __: Receive, ___: Send) -> None:
        raise MethodNotAllowedError("This path does not take this method.", headers={"Allow": self.allowed})
