"""One connection: one request at a time, and an answer that is not as it should be is its last."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

from gateway.upstreams.answer import Answer, GarbageError, NoAnswerError

_SWITCHING = 101
_FINAL = 200
_BODILESS = (204, 304)


class StaleError(NoAnswerError):
    """A kept connection ended before anything of an answer came: most likely its time had passed at the other end."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`keep_alive` and `connect` in seconds, `max_body` and `max_head` in bytes of one answer."""

    connections: int
    keep_alive: float
    connect: float
    max_body: int
    max_head: int = 32_768


@dataclass(eq=False, slots=True)
class _Exchange:
    """What has come of one answer."""

    done: asyncio.Future[Answer]
    answer: Answer = field(default_factory=lambda: Answer(0))
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    head: int = 0
    fruitless: int = 0
    """Bytes since the last one of a body."""
    delimited: bool = False
    """It says itself where it ends."""


class Connection(asyncio.Protocol):
    def __init__(self, limits: PoolLimits) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._limits = limits
        self._kept_since: float | None = None
        self._exchange: _Exchange | None = None
        self._heard = False
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None

    @property
    def usable(self) -> bool:
        """Neither closed nor left so long that the upstream may be about to close it."""
        transport = self._transport
        return (
            transport is not None
            and not transport.is_closing()
            and self._kept_since is not None
            and time.monotonic() - self._kept_since < self._limits.keep_alive
        )

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    async def exchange(self, request: bytes) -> Answer:
        """Raises NoAnswerError or GarbageError, and then is closed, as when it is cancelled."""
        if self._transport is None:
            raise self._ended("closed before the request")
        exchange = self._exchange = _Exchange(asyncio.get_running_loop().create_future())
        self._heard = False
        self._transport.write(request)
        try:
            return await exchange.done
        finally:
            if self._exchange is not None:
                self._exchange = None
                self.close()

    # asyncio's

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:  # nobody asked
            self.close()
            return
        self._heard = True
        size = exchange.size
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(GarbageError(f"no HTTP: {error}"))
        # The parser gathers a header, or a trailer, that has not ended; only here is it seen to grow.
        exchange.fruitless = exchange.fruitless + len(data) if exchange.size == size else 0
        if exchange.fruitless > self._limits.max_head:
            self._fail(self._too_long_a_head())

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = self._parser = None  # they refer to each other
        self._fail(self._ended(repr(error) if error else "closed by the upstream"))
        self.lost.set_result(None)

    def _ended(self, reason: str) -> NoAnswerError:
        return StaleError(reason) if self._kept_since is not None and not self._heard else NoAnswerError(reason)

    def _fail(self, error: Exception) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange and not exchange.done.done():
            exchange.done.set_exception(error)
        self.close()

    def _too_long_a_head(self) -> GarbageError:
        return GarbageError(f"more than {self._limits.max_head} bytes of headers")

    # the parser's

    def on_message_begin(self) -> None:
        if self._exchange is None:  # an answer after the answer
            self.close()
        elif self._exchange.answer.status:  # after a provisional one
            self._exchange.answer = Answer(0)
            self._exchange.delimited = False

    def on_header(self, name: bytes, value: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        exchange.head += len(name) + len(value) + 4  # colon, space and line end
        if exchange.head > self._limits.max_head:
            self._fail(self._too_long_a_head())
        elif not exchange.answer.status:  # no trailer
            self._note(exchange, name.lower(), value)

    def _note(self, exchange: _Exchange, name: bytes, value: bytes) -> None:
        answer = exchange.answer
        if name == b"content-length":
            exchange.delimited = True
        elif name == b"content-type":
            answer.content_type = _joined(answer.content_type, value)
        elif name == b"content-encoding":
            answer.content_encoding = _joined(answer.content_encoding, value)
        elif name == b"transfer-encoding":
            exchange.delimited = True
            if value.lower() != b"chunked":
                self._fail(GarbageError("another transfer encoding than chunked"))

    def on_headers_complete(self) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        status = exchange.answer.status = self._parser.get_status_code()
        if status < 100 or status == _SWITCHING:
            self._fail(GarbageError(f"status {status}"))
        elif status >= _FINAL and status not in _BODILESS and not exchange.delimited:
            # Its end would be the connection's, which a crash of the upstream looks like, too.
            self._fail(GarbageError("a body of no told length"))

    def on_body(self, body: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        exchange.size += len(body)
        if exchange.size > self._limits.max_body:
            self._fail(GarbageError(f"more than {self._limits.max_body} bytes"))
        else:
            exchange.chunks.append(body)

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is None or exchange.answer.status < _FINAL:
            return
        chunks = exchange.chunks
        exchange.answer.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._exchange = None
        self._kept_since = time.monotonic()
        assert self._transport
        # An answer to a request that is not written yet leaves its rest in front of the next one.
        if not self._parser.should_keep_alive() or self._transport.get_write_buffer_size():
            self.close()
        if not exchange.done.done():
            exchange.done.set_result(exchange.answer)


def _joined(before: str, value: bytes) -> str:
    text = value.decode("latin-1")
    return f"{before}, {text}" if before else text
