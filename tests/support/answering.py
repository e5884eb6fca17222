"""An application as small as it can be, behind the real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from kit import app as kit
from kit.health import health_routes
from ras_service.settings import RasSettings
from tests.support.ports import free_port

MAX_BODY = 100_000
HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
UNUSED = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


class Answering:
    """It answers with the body that it got, and knows all that came."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request, bytes]] = []

    def app(self) -> Starlette:
        routes = [
            *health_routes({}),
            Route("/", self.answer, methods=["GET", "POST"]),
            WebSocketRoute("/socket", self.socket),
        ]
        return kit.create_app(routes, lifespan=nothing, budget=20, max_body=MAX_BODY)

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        self.asked.append((request, body))
        return PlainTextResponse(body)

    async def socket(self, websocket: WebSocket) -> None:
        """It answers each text with its length."""
        await websocket.accept()
        while (message := await websocket.receive())["type"] == "websocket.receive":
            await websocket.send_text(str(len(message["text"])))


@asynccontextmanager
async def nothing(_: Starlette) -> AsyncIterator[None]:
    yield


def settings(**limits: Any) -> RasSettings:
    return RasSettings(internal_api_key=SecretStr("unused"), database_url=UNUSED, port=free_port(), **limits)
