"""A request and its answer on a connection: uvicorn's, but for the head of an answer, made of lines that are kept."""

import asyncio
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from kit.call import CORRELATION_ID

Field = tuple[bytes, bytes]
# What no name and no value may have: to delete it and compare takes a fifth of a search.
_NOT_IN_NAME, _NOT_IN_VALUE = (
    bytes(each for each in range(256) if refused.search(bytes((each,)))) for refused in (HEADER_RE, HEADER_VALUE_RE)
)
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_WITHOUT_BODY = (204, 304)
_EACH_ITS_OWN = frozenset({CORRELATION_ID.lower().encode(), b"content-length"})
_OWN = 2
"""Of an answer's fields, the first: such as each has its own of, if it is one of ours. The rest is that of many."""
_MANY_LINES = 1024
_MANY_RUNS = 256
_CLOSE = b"connection: close\r\n"


class Cycle(RequestResponseCycle):
    """A head that tells a length waits for the body's first part: each write is a call of the system."""

    # As each begins: it has its own as soon as one changes, and most do once or never.
    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    _head: bytes | None = None
    _closes = False

    def __init__(self, connection: HttpToolsProtocol, *, keep_alive: bool) -> None:
        self.scope = connection.scope
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.message_event = asyncio.Event()
        self.on_response = connection.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body = bytearray()

    async def receive(self) -> Any:
        """As uvicorn's, which waits for what is there already."""
        if self.more_body or self.waiting_for_100_continue or not self.message_event.is_set():
            return await super().receive()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        if self.flow.read_paused:
            self.flow.resume_reading()
        self.message_event.clear()
        body, self.body = self.body, bytearray()
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    def send(self, message: Any) -> Any:
        if not self.response_started:
            return self._begin(message)
        return super().send(message) if self._head is None else self._first(message, self._head)

    async def _begin(self, message: Any) -> None:
        """Raises RuntimeError for what must not stand in a head."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:  # whatever it is: nothing of it has begun
            return
        if message["type"] != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")
        self.response_started = True
        self.waiting_for_100_continue = False
        head = self._headed(message["status"], message.get("headers", ()))
        if self.chunked_encoding or not self.expected_content_length:
            self.transport.write(head)
        else:
            self._head = head

    async def _first(self, message: Any, head: bytes) -> None:
        self._head = None
        if self.disconnected:
            return
        body = message.get("body", b"")
        if message.get("more_body") or len(body) != self.expected_content_length or self.flow.write_paused:
            self.transport.write(head)
            await super().send(message)
        else:
            self.transport.writelines((head, body))
            self.expected_content_length = 0
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()

    def _headed(self, status: int, fields: Sequence[Field]) -> bytes:
        self._closes = False
        same = tuple(fields[_OWN:])
        lines = [STATUS_LINE[status], *[_lines.get(each) or self._line(*each) for each in fields[:_OWN]]]
        lines.append(_runs.get(same) or self._run(same))
        if not self.keep_alive and not self._closes:
            lines.append(_CLOSE)
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
        elif self.chunked_encoding is None and status not in _WITHOUT_BODY:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _run(self, fields: tuple[Field, ...]) -> bytes:
        made = b"".join([_lines.get(each) or self._line(*each) for each in fields])
        if all(each in _lines for each in fields):
            if len(_runs) >= _MANY_RUNS:
                _runs.clear()
            _runs[fields] = made
        return made

    def _line(self, name: bytes, value: bytes) -> bytes:
        """Raises RuntimeError."""
        own = name in _EACH_ITS_OWN
        if not own and name.translate(None, _NOT_IN_NAME) != name:
            raise RuntimeError("Invalid HTTP header name.")
        if value.translate(None, _NOT_IN_VALUE) != value:
            raise RuntimeError("Invalid HTTP header value.")
        made = b"%b: %b\r\n" % (name, value)
        if name in _FRAMING:
            self._framed(name, value)
        elif not own:
            if len(_lines) >= _MANY_LINES:
                _lines.clear()
            _lines[name, value] = made
        return made

    def _framed(self, name: bytes, value: bytes) -> None:
        if name == b"content-length" and self.chunked_encoding is None:
            self.expected_content_length = int(value)
            self.chunked_encoding = False
        elif name == b"transfer-encoding" and value.lower() == b"chunked":
            self.expected_content_length = 0
            self.chunked_encoding = True
        elif name == b"connection" and b"close" in [each.strip().lower() for each in value.split(b",")]:
            self.keep_alive = False
            self._closes = True


_lines: dict[Field, bytes] = {}
"""Most of an answer's are those of the answer before."""
_runs: dict[tuple[Field, ...], bytes] = {}
"""Of kept lines."""
