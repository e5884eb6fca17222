"""CMS and RAS in one process, which answers out of memory after so many milliseconds: `python -m … PORT MS`."""

import asyncio
import re
import selectors
import signal
import sys
from typing import cast

import uvloop

from benchmarks.load import LOOPBACK
from benchmarks.processes import end_with_parent
from benchmarks.stubbed.answers import body_of

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Upstream(asyncio.Protocol):
    """One request at a time on a connection. `delay` in seconds."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        data = self.received + data
        head = data.find(b"\r\n\r\n") + 4
        if head < 4 or len(data) < head + _length(data, head):
            self.received = data
            return
        self.received = b""
        answer = _answer(data.split(b" ", 2)[1], data[head:])
        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, answer)
        else:
            self.transport.write(answer)


def _length(data: bytes, head: int) -> int:
    """Of the body. Only a POST has one."""
    found = _LENGTH.search(data, 0, head) if data.startswith(b"POST") else None
    return int(found[1]) if found else 0


def _answer(target: bytes, body: bytes) -> bytes:
    try:
        status, told = b"200 OK", body_of(target, body)
    except (KeyError, ValueError):
        status, told = b"404 Not Found", b"{}"
    return b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (status, len(told), told)


async def _serve(port: int, delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(delay), LOOPBACK, port, backlog=1024)
    await server.serve_forever()


def main(port: int, milliseconds: float) -> None:
    end_with_parent(signal.SIGKILL)

    def loop() -> asyncio.AbstractEventLoop:
        # uvloop's clock has milliseconds, which is too coarse for a delay of five.
        return asyncio.SelectorEventLoop(selectors.SelectSelector()) if milliseconds else uvloop.new_event_loop()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(port, milliseconds / 1000))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
