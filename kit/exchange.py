"""A request's body and its answer as they pass: bounded, noted, and completed."""

from collections.abc import Awaitable, Sequence

from starlette.types import Message, Receive, Scope, Send

from kit.connection import LATE
from kit.errors import PayloadTooLargeError, RequestTimeoutError

EXCHANGE = "exchange"
ADDED = "added_fields"
"""In the scope: header fields that the answer has besides its own."""

Fields = Sequence[tuple[bytes, bytes]]


class Exchange:
    """`receive` and `send` are to be used in place of those given.

    `max_body` in bytes. `status` is 499 until there is one: a caller may hang up before any of the answer. `defaults`
    are for answers that do not have such a field themselves.
    """

    __slots__ = (
        "_correlation_id",
        "_defaults",
        "_receive",
        "_scope",
        "_send",
        "_size",
        "max_body",
        "started",
        "status",
    )

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, max_body: int, correlation_id: str, defaults: Fields
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._correlation_id = correlation_id
        self._defaults = defaults
        self._size = 0
        self.max_body = max_body
        self.status = 499
        self.started = False

    def end(self) -> None:
        """The scope holds us and these the scope: a cycle, which would wait for the collector."""
        del self._scope, self._receive, self._send

    async def receive(self) -> Message:
        """Raises PayloadTooLargeError or RequestTimeoutError."""
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self.max_body:
            raise PayloadTooLargeError(f"The body may have at most {self.max_body} bytes.")
        if message.get("more_body") and LATE in self._scope:
            raise RequestTimeoutError(f"The body was not there within {self._scope[LATE]:g} s.")
        return message

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            message["headers"] = self._completed(message.get("headers", ()))
        return self._send(message)

    def _completed(self, own: Fields) -> Fields:
        # First what is this answer's alone, as the length is that may follow: the rest is put together but once.
        fields = [(b"x-correlation-id", self._correlation_id.encode()), *own, *self._scope.get(ADDED, ())]
        said = dict(fields)
        fields += [each for each in self._defaults if each[0] not in said]
        return fields


def exchange_of(scope: Scope) -> Exchange:
    found = scope[EXCHANGE]
    assert isinstance(found, Exchange)
    return found
