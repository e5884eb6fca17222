"""A client's connection that goes on reading while it writes, and that neither end's hanging up disturbs."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATIENCE = 30


class Line:
    def __init__(self, plain: socket.socket) -> None:
        self._socket = plain
        self._loop = asyncio.get_running_loop()

    async def send(self, *parts: bytes) -> None:
        with suppress(ConnectionError):
            for part in parts:
                await self._loop.sock_sendall(self._socket, part)

    async def rest(self) -> bytes:
        """Until the server closes."""
        received = bytearray()
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while part := await self._loop.sock_recv(self._socket, 262_144):
                    received += part
        return bytes(received)

    async def some(self) -> bytes:
        """Nothing when the server has closed."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                return await self._loop.sock_recv(self._socket, 262_144)
        return b""

    async def head(self) -> bytes:
        """Of an answer without a body, as far as the server tells it."""
        received = b""
        async with asyncio.timeout(PATIENCE):
            while not received.endswith(b"\r\n\r\n") and (part := await self._loop.sock_recv(self._socket, 1)):
                received += part
        return received

    async def exchange(self, *parts: bytes, half: bool = False) -> bytes:
        reading = asyncio.create_task(self.rest())
        sending = asyncio.create_task(self._send_all(parts, half=half))
        try:
            return await reading
        finally:
            reading.cancel()
            sending.cancel()
            await asyncio.gather(reading, sending, return_exceptions=True)

    async def _send_all(self, parts: tuple[bytes, ...], *, half: bool) -> None:
        await self.send(*parts)
        if half:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Without a goodbye."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    with socket.socket() as plain:
        plain.setblocking(False)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port))
        yield Line(plain)


async def exchanged(port: int, *parts: bytes, half: bool = False) -> bytes:
    """All that the server says until it closes."""
    async with line(port) as made:
        return await made.exchange(*parts, half=half)
