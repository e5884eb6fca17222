"""A little entitlements service: what the real one answers, over accounts in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from kit.app import create_app
from kit.auth import InternalCredentials, acting_user
from kit.errors import NotFoundError
from kit.responses import json_response
from tests.support.apps import KEY


@asynccontextmanager
async def nothing_to_open(_: Starlette) -> AsyncIterator[None]:
    yield


@dataclass
class Accounts:
    """Balances by user, as they are answered; `asked` has the headers of each request."""

    balances: dict[str, dict[str, Any]]
    asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        guard = Middleware(InternalCredentials, key=KEY, services=["gateway"], user_required=True)
        route = Route("/entitlements/balance/{user_id}", self._balance)
        return create_app(
            [Mount("/v1", routes=[route], middleware=[guard])], lifespan=nothing_to_open, budget=10, max_body=1024
        )

    async def _balance(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        user_id = request.path_params["user_id"]
        if user_id != acting_user(request) or user_id not in self.balances:
            raise NotFoundError("There is no such user.")
        return json_response(self.balances[user_id])
