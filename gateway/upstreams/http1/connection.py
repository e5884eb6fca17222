"""One connection: one request at a time, and an answer that is not as it should be is its last."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import httptools

from gateway.upstreams.answer import GarbageError, NoAnswerError, Outcome
from gateway.upstreams.http1.exchange import Exchange

_SWITCHING = 101
_FINAL = 200
_BODILESS = (204, 304)
_NOTED = frozenset({b"content-length", b"content-type", b"content-encoding", b"transfer-encoding"})


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


class Connection(asyncio.Protocol):
    """`over` is told of each exchange that it has an outcome, or was given up."""

    def __init__(self, limits: PoolLimits, over: "Over") -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._limits = limits
        self._over = over
        self._kept_since: float | None = None
        self._exchange: Exchange | None = None
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

    def begin(self, exchange: Exchange) -> None:
        """It is closed unless an answer comes of it."""
        exchange.connection = self
        self._exchange = exchange
        self._heard = False
        if self._transport is None:
            self._end(self._ended("closed before the request"))
            self._over(self, exchange)
        else:
            self._transport.write(exchange.request)

    def give_up(self) -> None:
        exchange, self._exchange = self._exchange, None
        self.close()
        if exchange:
            self._over(self, exchange)

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
        if self._exchange:
            # The parser gathers a header, or a trailer, that has not ended; only here is it seen to grow.
            exchange.fruitless = exchange.fruitless + len(data) if exchange.size == size else 0
            if exchange.fruitless > self._limits.max_head:
                self._fail(self._too_long_a_head())
        # Only now: while the parser is at it, what comes after an answer would be taken for the next one.
        if not self._exchange:
            self._over(self, exchange)

    def connection_lost(self, error: Exception | None) -> None:
        exchange = self._exchange
        self._transport = self._parser = None  # they refer to each other
        self._fail(self._ended(repr(error) if error else "closed by the upstream"))
        self.lost.set_result(None)
        if exchange:
            self._over(self, exchange)

    def _ended(self, reason: str) -> NoAnswerError:
        return StaleError(reason) if self._kept_since is not None and not self._heard else NoAnswerError(reason)

    def _fail(self, error: Exception) -> None:
        self._end(error)
        self.close()

    def _end(self, outcome: Outcome) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange:
            exchange.outcome = outcome

    def _too_long_a_head(self) -> GarbageError:
        return GarbageError(f"more than {self._limits.max_head} bytes of headers")

    # the parser's

    def on_message_begin(self) -> None:
        if self._exchange is None:  # an answer after the answer
            self.close()
        elif self._exchange.status:
            self._exchange.begin_again()

    def on_header(self, name: bytes, value: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        exchange.head += len(name) + len(value) + 4  # colon, space and line end
        if exchange.head > self._limits.max_head:
            self._fail(self._too_long_a_head())
            return
        name = name.lower()
        if name not in _NOTED or exchange.status:  # a trailer
            return
        if name == b"content-length":
            exchange.delimited = True
        elif name == b"content-type":
            exchange.content_type = _joined(exchange.content_type, value)
        elif name == b"content-encoding":
            exchange.content_encoding = _joined(exchange.content_encoding, value)
        else:
            exchange.delimited = True
            if value.lower() != b"chunked":
                self._fail(GarbageError("another transfer encoding than chunked"))

    def on_headers_complete(self) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        status = exchange.status = self._parser.get_status_code()
        if status < 100 or status == _SWITCHING:
            self._fail(GarbageError(f"status {status}"))
        elif not exchange.delimited and status >= _FINAL and status not in _BODILESS:
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
        if exchange is None or exchange.status < _FINAL:
            return
        exchange.outcome, self._exchange = exchange.answer(), None
        self._kept_since = time.monotonic()
        assert self._transport
        # An answer to a request that is not written yet leaves its rest in front of the next one.
        if not self._parser.should_keep_alive() or self._transport.get_write_buffer_size():
            self.close()


Over: TypeAlias = Callable[[Connection, Exchange], None]


def _joined(before: str, value: bytes) -> str:
    text = value.decode("latin-1")
    return f"{before}, {text}" if before else text
