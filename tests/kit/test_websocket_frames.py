"""Frames that no client sends, over real sockets: what becomes of the socket, and how long others wait."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support.answering import HANDSHAKE, MAX_BODY, Answering, settings
from tests.support.servers import served
from tests.support.wire import Wire, exchanged, head, wire

CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
MANY = 40_000


def frame(opcode: int, data: bytes = b"", *, last: bool = True) -> bytes:
    """Masked with nothing."""
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 127]) + struct.pack("!Q", len(data))
    return bytes([0x80 * last | opcode]) + size + bytes(4) + data


def closed(code: int) -> bytes:
    return struct.pack("!H", code)


@asynccontextmanager
async def socket(port: int) -> AsyncIterator[Wire]:
    async with wire(port) as connection:
        await connection.send(head(*HANDSHAKE, first="GET /socket HTTP/1.1"))
        assert (await connection.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        yield connection


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(PING) * MANY, 1008),
        (frame(PONG) * MANY, 1008),
        (frame(TEXT, b"a", last=False) + frame(CONTINUATION, last=False) * MANY, 1008),
        (frame(TEXT, b"a" * (2 * MAX_BODY + 1)), 1009),
        (b"\xff" * 1000, 1002),
        (frame(TEXT, b"\xff"), 1007),
    ],
)
async def test_it_is_closed_with_a_reason(frames: bytes, code: int) -> None:
    limits = settings()
    async with served(Answering().app(), limits):
        async with socket(limits.port) as connection:
            with suppress(ConnectionError):
                await connection.send(frames)
            assert closed(code) in await connection.rest()
        assert (await exchanged(limits.port, head("Connection: close"))).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_flood_of_messages_is_answered_and_others_have_their_turns_between() -> None:
    limits = settings()
    async with served(Answering().app(), limits), socket(limits.port) as connection:
        flood = asyncio.create_task(connection.send(frame(TEXT, b"abc") * MANY))
        others, begun = 0, time.monotonic()
        received = b""
        while len(received) < 3 * MANY:
            assert (await exchanged(limits.port, head("Connection: close"))).startswith(b"HTTP/1.1 200 OK\r\n")
            others += 1
            async with asyncio.timeout(20):
                received += await connection.reader.read(65_536)
        await flood
        assert received == frame_of_server(b"3") * MANY
        assert others > 1, f"nobody else had a turn in {time.monotonic() - begun} s"


async def test_a_long_message_arrives_whole() -> None:
    limits = settings()
    async with served(Answering().app(), limits), socket(limits.port) as connection:
        parts = [frame(TEXT, b"a" * 50_000, last=False), *[frame(CONTINUATION, b"a", last=False)] * 900]
        await connection.send(*parts, frame(PING), frame(CONTINUATION, b"a"))
        told = str(50_901).encode()
        assert (await connection.until(told)).endswith(frame_of_server(told))
        await connection.send(frame(CLOSE, closed(1000)))
        assert closed(1000) in await connection.rest()


async def test_who_reads_no_pongs_is_not_read_either() -> None:
    limits = settings()
    async with served(Answering().app(), limits), socket(limits.port) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        # A text now and then, so that there are never too many pings in a row.
        some, sent = frame(PING, b"a" * 125) * 900 + frame(TEXT, b"a"), 0
        with suppress(TimeoutError):
            while sent < 64_000_000:
                async with asyncio.timeout(2):
                    await connection.send(some)
                sent += len(some)
        # What the kernel's buffers of both sides and the server's hold.
        assert sent < 64_000_000
        assert (await exchanged(limits.port, head("Connection: close"))).startswith(b"HTTP/1.1 200 OK\r\n")


def frame_of_server(data: bytes) -> bytes:
    return bytes([0x81, len(data)]) + data
