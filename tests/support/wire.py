"""Bytes to and from a server, as no well-behaved client would send them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Wire:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def rest(self) -> bytes:
        """Until the server closes."""
        async with asyncio.timeout(PATIENCE):
            received = b""
            with suppress(ConnectionError):
                while part := await self.reader.read(65_536):
                    received += part
            return received

    async def until(self, end: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(end)


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def exchanged(port: int, *parts: bytes) -> bytes:
    """All that the server says to it until it closes."""
    async with wire(port) as connection:
        with suppress(ConnectionError):
            await connection.send(*parts)
        return await connection.rest()


def head(*lines: str, first: str = "GET / HTTP/1.1", host: str | None = "a.test") -> bytes:
    fields = [first, *([f"Host: {host}"] if host is not None else []), *lines]
    return "".join(f"{line}\r\n" for line in fields).encode() + b"\r\n"
