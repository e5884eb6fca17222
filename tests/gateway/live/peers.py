"""Clients as raw as the protocols: a WebSocket, and a stream of server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.gateway.live.system import SECONDS
from tests.support.apps import bearer

PROTOCOL = "graphql-transport-ws"


@dataclass
class Peer:
    connection: ClientConnection

    async def send(self, message: Any) -> None:
        """JSON for what is no text and no bytes."""
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def init(self, payload: Any = None) -> None:
        await self.send({"type": "connection_init"} | ({} if payload is None else {"payload": payload}))
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id: str, query: str, /, **variables: Any) -> None:
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def next(self, id: str = "1") -> dict[str, Any]:
        """The data of the next event, which has no errors."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data

    async def error(self, id: str = "1") -> dict[str, Any]:
        """The one error that ends an operation."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", id), message
        [error] = message["payload"]
        told: dict[str, Any] = error
        return told

    async def closed(self) -> tuple[int, str]:
        """Code and reason, after whatever else comes."""
        async with asyncio.timeout(SECONDS):
            with suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        code, reason = self.connection.close_code, self.connection.close_reason
        assert code is not None
        return code, reason or ""


@asynccontextmanager
async def socket(
    url: str, *, headers: dict[str, str] | None = None, protocols: tuple[str, ...] | None = (PROTOCOL,), **options: Any
) -> AsyncIterator[Peer]:
    target = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(
        target,
        subprotocols=[Subprotocol(each) for each in protocols] if protocols else None,
        additional_headers=headers,
        proxy=None,
        compression=None,
        **options,
    ) as made:
        yield Peer(made)


@asynccontextmanager
async def signed_in(url: str, user_id: str, **options: Any) -> AsyncIterator[Peer]:
    async with socket(url, headers=bearer(user_id), **options) as peer:
        await peer.init()
        yield peer


class Event(NamedTuple):
    name: str
    data: Any


@dataclass
class Stream:
    response: httpx.Response

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def event(self) -> Event | None:
        """None at the end of the stream."""
        found: dict[str, str] = {}
        async with asyncio.timeout(SECONDS):
            async for line in self._lines:
                if line.startswith(":"):
                    continue
                if not line:
                    return Event(found["event"], json.loads(found["data"]) if found["data"] else None)
                name, _, value = line.partition(": ")
                found[name] = value
        assert not found
        return None

    async def next(self) -> dict[str, Any]:
        """The data of the next event, which has no errors."""
        event = await self.event()
        assert event
        assert event.name == "next", event
        assert "errors" not in event.data, event
        data: dict[str, Any] = event.data["data"]
        return data


@asynccontextmanager
async def events(
    url: str, user_id: str, query: str, /, *, method: str = "POST", **variables: Any
) -> AsyncIterator[Stream]:
    headers = bearer(user_id) | {"Accept": "text/event-stream"}
    asked: dict[str, Any] = {"json": {"query": query, "variables": variables}}
    if method == "GET":
        asked = {"params": {"query": query, "variables": json.dumps(variables)}}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client,
        client.stream(method, f"{url}/graphql", headers=headers, **asked) as response,
    ):
        assert response.status_code == 200, await response.aread()
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        yield Stream(response)
