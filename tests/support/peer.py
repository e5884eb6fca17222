"""A server on a socket that says exactly what it is told to, well or badly."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_GONE = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError)


@dataclass
class Line:
    """One connection, as the server has it. `number` counts from 0."""

    peer: "Peer"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int

    async def head(self) -> bytes:
        """Without waiting for a body. Raises IncompleteReadError when the client has hung up."""
        return await self.reader.readuntil(b"\r\n\r\n")

    async def request(self) -> bytes:
        head = await self.head()
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
        whole = head + await self.reader.readexactly(int(length.partition(b":")[2]))
        self.peer.requests.append((self.number, whole))
        return whole

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def hung_up(self) -> None:
        with suppress(*_GONE):
            while await self.reader.read(65_536):
                pass


Script = Callable[[Line], Awaitable[None]]


@dataclass
class Peer:
    """`open` connections now, `most` at once ever, and `requests` with the number of their connection."""

    script: Script
    host: str = "127.0.0.1"
    port: int = 0
    scheme: str = "http"
    open: int = 0
    most: int = 0
    connections: int = 0
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    lines: "set[asyncio.Task[None]]" = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.lines.add(task)
        line = Line(self, reader, writer, self.connections)
        self.connections += 1
        self.open += 1
        self.empty.clear()
        self.most = max(self.most, self.open)
        try:
            with suppress(*_GONE, asyncio.CancelledError):
                await self.script(line)
        finally:
            self.open -= 1
            self.lines.discard(task)
            if not self.open:
                self.empty.set()
            writer.close()
            with suppress(*_GONE, asyncio.CancelledError):
                await writer.wait_closed()


@asynccontextmanager
async def peer(script: Script, host: str = "127.0.0.1", secure: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    """Each connection goes through `script`, and is closed after it."""
    made = Peer(script, host, scheme="https" if secure else "http")
    server = await asyncio.start_server(made.serve, host, 0, ssl=secure, backlog=1024)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(made.lines):
            task.cancel()
        await asyncio.gather(*made.lines, return_exceptions=True)
        await server.wait_closed()


def answering(*parts: bytes, closing: bool = False) -> Script:
    """The same to each request, in so many writes."""

    async def script(line: Line) -> None:
        await line.request()
        await line.say(*parts)
        while not closing:
            await line.request()
            await line.say(*parts)

    return script


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Gate:
    """Requests wait for it; `arrived` is set when so many do."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.waiting = 0
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    async def script(self, line: Line) -> None:
        while True:
            path = (await line.request()).split()[1]
            self.waiting += 1
            if self.waiting >= self.expected:
                self.arrived.set()
            await self.opened.wait()
            await line.say(answer(path))
