"""The other way to an upstream: through whatever a caller gives as a transport, as tests give the applications.

It is imported only where it is wanted: httpx takes 5 MiB.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httpx

from gateway.upstreams.answer import Answer, GarbageError, Landed, NoAnswerError, Outcome
from gateway.upstreams.http1.request import Request, check
from gateway.upstreams.sending import Sending


@asynccontextmanager
async def through(base_url: str, transport: httpx.AsyncBaseTransport, max_body: int) -> AsyncIterator["HttpxSender"]:
    async with httpx.AsyncClient(base_url=base_url, transport=transport, timeout=None) as client:  # noqa: S113
        yield HttpxSender(client, max_body)


class HttpxSender:
    """`max_body` in bytes. Nothing is sent again: a client's transport does that itself where it can."""

    def __init__(self, client: httpx.AsyncClient, max_body: int) -> None:
        self._client = client
        self._max_body = max_body
        url = client.base_url
        self.address = url.host, url.port or (443 if url.scheme == "https" else 80)

    def send(self, request: Request, landed: Landed) -> Sending:
        check(request)
        task = asyncio.get_running_loop().create_task(self._sent(request))
        task.add_done_callback(lambda done: landed(_outcome(done)))
        return task

    async def _sent(self, request: Request) -> Answer:
        made = self._client.build_request(
            request.method, request.path + request.query, content=request.body, headers=request.headers
        )
        try:
            return await self._answer(made)
        except httpx.TimeoutException as error:
            raise TimeoutError(repr(error)) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise NoAnswerError(repr(error)) from error

    async def _answer(self, request: httpx.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            return Answer(
                response.status_code,
                response.headers.get("content-type", ""),
                response.headers.get("content-encoding", ""),
                await self._body(response),
            )
        finally:
            await response.aclose()

    async def _body(self, response: httpx.Response) -> bytes:
        """As sent: what is compressed, which we never ask for, could be a bomb."""
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_body:
                raise GarbageError(f"more than {self._max_body} bytes")
        return bytes(body)


def _outcome(sent: asyncio.Task[Answer]) -> Outcome:
    """Where nobody waits any more, it does not matter which."""
    if sent.cancelled():
        return TimeoutError()
    return cast("Exception | None", sent.exception()) or sent.result()
