"""The connections to one upstream: never more than so many, the last used one first so that the others may end."""

import asyncio
import ssl
from collections import deque
from typing import Any, cast
from urllib.parse import urlsplit

from gateway.upstreams.answer import Landed, NoAnswerError
from gateway.upstreams.http1.connection import Connection, PoolLimits, StaleError
from gateway.upstreams.http1.exchange import Exchange

_PORTS = {"http": 80, "https": 443}


class Pool:
    """Raises ValueError for a base URL that is more than scheme, host, port and path."""

    def __init__(self, base_url: str, limits: PoolLimits, secure: ssl.SSLContext | None = None) -> None:
        """`secure`: instead of the system's certificate authorities."""
        self.host, self.prefix, self.address, scheme = _parsed(base_url)
        self._secure = (secure or _secure()) if scheme == "https" else None
        self._limits = limits
        self._most = limits.connections
        self._waiting: deque[Exchange] = deque()
        """For one of the places, all of which are taken while anybody waits."""
        self._opening: dict[Exchange, asyncio.Task[Connection]] = {}
        self._busy: set[Connection] = set()
        self._kept: list[Connection] = []
        self._closed = False

    def send(self, request: bytes, landed: Landed, *, again: bool) -> Exchange:
        """As soon as there is a connection, first come, first served; with none kept, one is opened.

        `again`: it may be sent anew when a kept connection ended, although the upstream may have seen it.
        The outcome may be there before this returns. A TimeoutError: connecting took too long.
        """
        exchange = Exchange(request, landed, self._given_up, again=again)
        if not self._waiting and len(self._busy) + len(self._opening) < self._most:
            self._start(exchange)
        else:
            self._waiting.append(exchange)
        return exchange

    @property
    def busy(self) -> int:
        return len(self._busy)

    @property
    def idle(self) -> int:
        return len(self._kept)

    async def aclose(self) -> None:
        """Whoever waits for an answer gets NoAnswerError."""
        self._closed = True
        connections, opening = [*self._kept, *self._busy], [*self._opening.values()]
        self._kept.clear()
        for each in connections:
            each.close()
        for task in opening:
            task.cancel()
        ends: list[asyncio.Future[Any]] = [*(each.lost for each in connections), *opening]
        if ends:  # not gather, which would cancel what a connection still has to set
            await asyncio.wait(ends)

    def _serve(self) -> None:
        while self._waiting and len(self._busy) + len(self._opening) < self._most:
            self._start(self._waiting.popleft())

    def _start(self, exchange: Exchange) -> None:
        while self._kept:
            connection = self._kept.pop()
            if connection.usable:
                self._busy.add(connection)
                connection.begin(exchange)
                return
            connection.close()
        if self._closed:
            exchange.land(NoAnswerError("the pool is closed"))
        else:
            self._open(exchange)

    def _open(self, exchange: Exchange) -> None:
        """Only where none is kept: so there are never more than places, whatever becomes of them."""
        task = self._opening[exchange] = asyncio.get_running_loop().create_task(self._opened())
        task.add_done_callback(lambda done: self._came(exchange, done))

    def _came(self, exchange: Exchange, opened: asyncio.Task[Connection]) -> None:
        del self._opening[exchange]
        if opened.cancelled():  # by who gave it up, who is not told, or by the pool's end
            exchange.land(NoAnswerError("the pool is closed"))
        elif error := opened.exception():
            exchange.land(cast("Exception", error))
        elif self._closed or not exchange.wanted:  # meanwhile
            opened.result().close()
            exchange.land(NoAnswerError("the pool is closed"))
        else:
            self._busy.add(opened.result())
            opened.result().begin(exchange)
        self._serve()

    async def _opened(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._limits, self._over), *self.address, ssl=self._secure
                )
        except TimeoutError:  # an OSError, too
            raise
        except (OSError, UnicodeError) as error:  # the latter for a host that can have no address
            raise NoAnswerError(repr(error)) from error
        return connection

    def _over(self, connection: Connection, exchange: Exchange) -> None:
        self._busy.discard(connection)
        if connection.usable:
            self._kept.append(connection)
        else:
            connection.close()
        outcome = exchange.outcome
        if exchange.again and isinstance(outcome, StaleError):
            exchange.connection = exchange.outcome = None
            self._waiting.appendleft(exchange)  # it had its turn already
        elif outcome:
            exchange.land(outcome)
        if self._waiting:
            self._serve()

    def _given_up(self, exchange: Exchange) -> None:
        if exchange.connection:
            exchange.connection.give_up()
        elif exchange in self._opening:
            self._opening[exchange].cancel()
        else:
            self._waiting.remove(exchange)


def _parsed(base_url: str) -> tuple[str, str, tuple[str, int], str]:
    """The Host header, what precedes each path, the address, and the scheme."""
    parts = urlsplit(base_url)
    port = _PORTS.get(parts.scheme)
    if not (port and parts.hostname and base_url.isascii()) or parts.username is not None or parts.query:
        raise ValueError("the base URL needs to be http(s)://host[:port][/path] in ASCII, without credentials or query")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.port not in (None, port):
        host = f"{host}:{parts.port}"
    return host, parts.path.rstrip("/"), (parts.hostname, parts.port or port), parts.scheme


def _secure() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
