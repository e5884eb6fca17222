"""The connections to one upstream: never more than so many, the last used one first so that the others may end."""

import asyncio
import ssl
from urllib.parse import urlsplit

from gateway.upstreams.answer import Answer, NoAnswerError
from gateway.upstreams.http1.connection import Connection, PoolLimits, StaleError

_PORTS = {"http": 80, "https": 443}


class Pool:
    """Raises ValueError for a base URL that is more than scheme, host, port and path."""

    def __init__(self, base_url: str, limits: PoolLimits, secure: ssl.SSLContext | None = None) -> None:
        """`secure`: instead of the system's certificate authorities."""
        self.host, self.prefix, self.address, scheme = _parsed(base_url)
        self._secure = (secure or _secure()) if scheme == "https" else None
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.connections)
        self._kept: list[Connection] = []
        self._busy: set[Connection] = set()
        self._closed = False

    async def send(self, request: bytes, *, again: bool) -> Answer:
        """Waits for a connection, first come, first served.

        `again`: it may be sent anew when a kept connection ended, although the upstream may have seen it.
        Raises NoAnswerError, GarbageError, or TimeoutError when connecting takes too long.
        """
        async with self._slots:
            while True:
                connection = self._taken() or await self._opened()
                try:
                    return await self._exchanged(connection, request)
                except StaleError:
                    if not again:
                        raise

    @property
    def busy(self) -> int:
        return len(self._busy)

    @property
    def idle(self) -> int:
        return len(self._kept)

    async def aclose(self) -> None:
        """Whoever waits for an answer gets NoAnswerError."""
        self._closed = True
        connections = [*self._kept, *self._busy]
        self._kept.clear()
        for connection in connections:
            connection.close()
        if connections:  # not gather, which would cancel what a connection still has to set
            await asyncio.wait([connection.lost for connection in connections])

    def _taken(self) -> Connection | None:
        while self._kept:
            connection = self._kept.pop()
            if connection.usable:
                return connection
            connection.close()
        return None

    async def _opened(self) -> Connection:
        """Only where none is kept: those kept and those of the slots are never more than the slots."""
        loop = asyncio.get_running_loop()
        if self._closed:
            raise NoAnswerError("the pool is closed")
        try:
            async with asyncio.timeout(self._limits.connect):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._limits), *self.address, ssl=self._secure
                )
        except TimeoutError:  # an OSError, too
            raise
        except (OSError, UnicodeError) as error:  # the latter for a host that can have no address
            raise NoAnswerError(repr(error)) from error
        return connection

    async def _exchanged(self, connection: Connection, request: bytes) -> Answer:
        self._busy.add(connection)
        if self._closed:  # while it was opened
            connection.close()
        try:
            return await connection.exchange(request)
        finally:
            self._busy.discard(connection)
            if connection.usable:
                self._kept.append(connection)
            else:
                connection.close()


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
