"""graphql-transport-ws at `/graphql`: one socket, many operations.

| code | why | then |
| --- | --- | --- |
| 1001 | the gateway stops | connect again, elsewhere |
| 1013 | the issuer's keys are not there | connect again, later |
| 4400 | a message that the protocol does not know, or a larger one than is taken | mend the client |
| 4401 | an operation before the acknowledgement | mend the client |
| 4403 | no token, one that is refused, or one that has expired | connect again with another |
| 4406 | the subprotocol was not offered | mend the client |
| 4408 | no connection_init in time | connect again |
| 4409 | an operation's id that is in use | mend the client |
| 4410 | what was sent was not read in time | connect again, with the last cursor |
| 4429 | connection_init twice | mend the client |
| 4500 | a mistake of ours | tell us |
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.context import Identity
from gateway.http.accounts import WEBSOCKET
from gateway.http.auth import Authenticator, authorizations
from gateway.http.errors import present_refusal
from gateway.http.operations import Operation, Operations
from gateway.http.request import GraphQLRequest
from gateway.http.websocket_messages import (
    PROTOCOL,
    CloseError,
    Complete,
    ConnectionAck,
    ConnectionInit,
    Error,
    Next,
    Ping,
    Pong,
    Received,
    Sent,
    Subscribe,
    decoded,
)
from kit.call import CORRELATION_ID, TRACEPARENT, begin_call, current_call
from kit.errors import AuthenticationError, RateLimitError, UnavailableError, ValidationError
from kit.responses import encode_json

log = structlog.get_logger("access")

INIT_SECONDS = 3
LONGEST_SECONDS = 30 * 86_400
REASON_BYTES = 123
"""Of a close frame."""
STOPPING = 1001, "The gateway stops; resume with the last cursor."
EXPIRED = 4403, "The token has expired."


@dataclass(frozen=True, slots=True)
class Limits:
    """`message` in bytes; `operations` at once on one socket; seconds that a message may go unread.

    `json_depth` is of an operation, in a message that is one level more.
    """

    message: int
    operations: int
    unread_seconds: float
    json_depth: int


class PeerGoneError(Exception):
    """Nothing can be sent any more."""


class Sockets:
    def __init__(self, operations: Operations, authenticator: Authenticator, limits: Limits) -> None:
        self.operations = operations
        self.authenticator = authenticator
        self.limits = limits

    async def serve(self, websocket: WebSocket) -> None:
        headers, begun = websocket.headers, time.perf_counter()
        call = begin_call(headers.get(CORRELATION_ID), headers.get(TRACEPARENT), self.operations.budget)
        current_call.set(call)
        offered = PROTOCOL in websocket.scope["subprotocols"]
        told = [(CORRELATION_ID.lower().encode(), call.correlation_id.encode())]
        await websocket.accept(PROTOCOL if offered else None, told)
        socket = Socket(self, websocket)
        if not offered:
            socket.end(4406, f"The subprotocol is {PROTOCOL}.")
        streams = self.operations.metrics.streams
        streams.sockets.inc()
        try:
            with websocket.app.state.drain.leaving(socket.leave):
                await socket.run()
        finally:
            streams.sockets.dec()
            streams.closed(socket.code)
            ms = round((time.perf_counter() - begun) * 1000, 2)
            log.info("socket", path=websocket.url.path, code=socket.code, operations=socket.begun, ms=ms)


class Running(NamedTuple):
    operation: Operation
    task: "asyncio.Task[None]"


class Socket:
    def __init__(self, shared: Sockets, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.operations = shared.operations
        self.authenticator = shared.authenticator
        self.limits = shared.limits
        self.begun = 0
        """Operations, in all."""
        self.code: int | None = None
        """That the socket was closed with, by whichever side."""
        self._identity: Identity | None = None
        self._initialised = False
        self._leaving = False
        self._running: dict[str, Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def end(self, code: int, reason: str) -> None:
        """What came first counts."""
        if not self._end.done():
            self._end.set_result((code, reason))

    def leave(self) -> None:
        """Subscriptions stop where they are, since they can be resumed; what has one answer may still give it."""
        self._leaving = True
        for each in self._running.values():
            if each.operation.streams:
                each.task.cancel()
        self._end_when_done()
        self._end_after(self.operations.budget, *STOPPING)

    async def run(self) -> None:
        """Until the client closes the socket, or something ends it."""
        self._end_after(INIT_SECONDS, 4408, "Connection initialisation timeout")
        reading = asyncio.create_task(self._read())
        try:
            either: set[asyncio.Future[Any]] = {reading, self._end}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancelled(reading, *self._tasks)
            await self._close()
            for timer in self._timers:
                timer.cancel()

    async def _read(self) -> None:
        try:
            while (message := await self.websocket.receive())["type"] == "websocket.receive":
                await self._handle(decoded(message.get("text"), self.limits.message, self.limits.json_depth + 1))
            self.code = message["code"]
        except CloseError as wrong:
            self.end(wrong.code, wrong.reason)
        except PeerGoneError:
            pass
        except Exception as error:  # noqa: BLE001  the last resort: the log has all, the peer a code
            self._broken(error)

    async def _handle(self, message: Received) -> None:
        match message:
            case ConnectionInit(payload):
                await self._initialise(payload or {})
            case Ping(payload):
                await self._send(Pong(payload))
            case Subscribe():
                await self._subscribe(message)
            case Complete(id):
                if stopped := self._running.pop(id, None):
                    stopped.task.cancel()

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self._initialised:
            raise CloseError(4429, "Too many initialisation requests")
        self._initialised = True
        try:
            given = authorization(payload) or authorizations(self.websocket)
            self._identity = await self.authenticator.identified(given)
        except AuthenticationError as error:
            raise CloseError(4403, error.message) from None
        except UnavailableError as error:
            raise CloseError(1013, error.message) from None
        self._timers.pop(0).cancel()
        self._end_after(min(self._identity.expires_at - time.time(), LONGEST_SECONDS), *EXPIRED)
        await self._send(ConnectionAck())

    async def _subscribe(self, message: Subscribe) -> None:
        if self._identity is None:
            raise CloseError(4401, "Unauthorized")
        if message.id in self._running:
            raise CloseError(4409, f"Subscriber for {message.id} already exists")
        if len(self._tasks) >= self.limits.operations:
            refusal = RateLimitError(f"A socket may have at most {self.limits.operations} operations at once.")
            self.operations.metrics.operations.refused(refusal.code, "socket")
            await self._send(Error(message.id, present_refusal(refusal)))
        elif not self._leaving:
            await self._admit(message, self._identity)

    async def _admit(self, message: Subscribe, identity: Identity) -> None:
        try:
            self.operations.admission.charge(identity)
        except RateLimitError as refusal:
            self.operations.metrics.operations.refused(refusal.code, "rate")
            await self._send(Error(message.id, present_refusal(refusal)))
        else:
            self._start(message.id, self._operation(message.payload, identity))

    def _operation(self, asked: GraphQLRequest, identity: Identity) -> Operation:
        try:
            return self.operations.operation(asked, identity, self.websocket.scope["state"], transport=WEBSOCKET)
        except ValidationError as wrong:
            raise CloseError(4400, wrong.message) from None

    def _start(self, id: str, operation: Operation) -> None:
        task = asyncio.create_task(self._operate(id, operation))
        self.begun += 1
        self._running[id] = Running(operation, task)
        self._tasks.add(task)
        task.add_done_callback(partial(self._stopped, id))

    async def _operate(self, id: str, operation: Operation) -> None:
        last: Sent = Complete(id)
        try:
            async with aclosing(self.operations.answers(operation)) as answers:
                async for answer in answers:
                    if answer.executed:
                        await self._send(Next(id, answer.body))
                    else:
                        last = Error(id, answer.body["errors"])
            # The client may take the id again as soon as it has read this.
            del self._running[id]
            await self._send(last)
        except PeerGoneError:
            pass
        except Exception as error:  # noqa: BLE001  as above
            self._broken(error)

    def _stopped(self, id: str, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if id in self._running and self._running[id].task is task:
            del self._running[id]
        self._end_when_done()

    def _end_when_done(self) -> None:
        if self._leaving and not self._tasks:
            self.end(*STOPPING)

    def _end_after(self, seconds: float, code: int, reason: str) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(max(0, seconds), self.end, code, reason))

    def _broken(self, error: Exception) -> None:
        log.error("unhandled", exc_info=error)
        self.end(4500, "Something went wrong on our side.")

    async def _send(self, message: Sent) -> None:
        """Raises PeerGoneError."""
        try:
            async with asyncio.timeout(self.limits.unread_seconds):
                await self.websocket.send_text(encode_json(message).decode())
        except TimeoutError:
            self.end(4410, f"Nothing was read for {self.limits.unread_seconds:g} s; resume with the last cursor.")
            raise PeerGoneError from None
        except (WebSocketDisconnect, RuntimeError):  # the latter where the server has closed it already
            raise PeerGoneError from None

    async def _close(self) -> None:
        if not self._end.done():
            return
        self.code, reason = self._end.result()
        # A peer that reads nothing does not get this either.
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(self.limits.unread_seconds):
                await self.websocket.close(self.code, shortened(reason))


def authorization(payload: Mapping[str, Any]) -> list[str]:
    """The payload's, under whichever case; null is none, and what else is no text is one that will be refused."""
    given = [value for name, value in payload.items() if name.lower() == "authorization" and value is not None]
    return [value if isinstance(value, str) else "" for value in given]


def shortened(reason: str) -> str:
    return reason.encode()[:REASON_BYTES].decode(errors="ignore")


async def cancelled(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
