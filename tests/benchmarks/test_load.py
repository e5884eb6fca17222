"""What the load generator sends, and what it takes for an answer."""

import asyncio
import fcntl
import signal
import struct
import subprocess
import termios
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.types import Receive, Scope, Send

from benchmarks.connection import Connection
from benchmarks.generator import generator
from benchmarks.load import LOOPBACK, Outcome, Plan, run
from benchmarks.processes import answer
from tests.benchmarks.serving import answering, served
from tests.support.system import until

PIPE = 2**16
"""Bytes that a pipe holds."""


def plan(port: int, **changes: Any) -> Plan:
    request = f"GET / HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n"
    return replace(Plan(port, [request], connections=4, seconds=0.2, row_mark='"row"', rows=2), **changes)


async def test_load_counts_good_answers_and_their_times() -> None:
    async with served(answering(200, b'{"data": [{"row": 1}, {"row": 2}]}'), lifespan="off") as port:
        outcome = await run(plan(port))
    assert outcome.failures == {}
    assert len(outcome.latencies) > 4
    assert 0 < min(outcome.latencies) <= max(outcome.latencies) < 1000 * outcome.seconds
    assert outcome.seconds >= 0.2


async def test_load_sends_the_requests_in_turn_on_so_many_connections() -> None:
    seen: list[tuple[tuple[str, int], str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["client"], scope["path"]))
        await answering(200, b'{"row": 1}')(scope, receive, send)

    paths = [f"/{number}" for number in range(5)]
    requests = [f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n" for path in paths]
    async with served(app, lifespan="off") as port:
        outcome = await run(plan(port, requests=requests, connections=3, rows=1))
    assert len(outcome.latencies) == len(seen) > 10
    assert len({client for client, _ in seen}) == 3
    times = [sum(path == asked for _, path in seen) for asked in paths]
    assert max(times) - min(times) <= 1


async def test_an_open_loop_sends_at_its_rate_and_an_answer_is_late_from_when_it_was_due() -> None:
    """The first answer takes half a second, and all other requests wait for the one connection."""
    held, asked = 0.5, 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(held)
        await answering(200, b'{"row": 1}')(scope, receive, send)

    async with served(app, lifespan="off") as port:
        outcome = await run(plan(port, connections=1, seconds=0.4, rate=50, rows=1))
    assert (outcome.done, outcome.failures) == (20, {})
    late = [1000 * (held - number / 50) for number in range(20)]
    assert all(latency >= least for latency, least in zip(outcome.latencies, late, strict=True))
    assert all(delay >= least for delay, least in zip(outcome.delays[1:], late[1:], strict=True))


async def test_an_open_loop_does_not_wait_for_answers() -> None:
    """All requests are sent before the first is answered."""
    asked, all_asked = 0, asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        if asked == 8:
            all_asked.set()
        await all_asked.wait()
        await answering(201, b'{"row": 1}')(scope, receive, send)

    async with served(app, lifespan="off") as port:
        outcome = await run(plan(port, connections=8, seconds=0.4, rate=20, rows=1, status=201))
    assert (outcome.done, outcome.failures, len(outcome.delays)) == (8, {}, 8)
    assert outcome.seconds >= 0.35


async def test_an_open_loop_has_its_connections_before_the_first_request_is_due() -> None:
    seen: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append("opened")
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                seen.append("asked")
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"row": 1}')
        writer.close()

    async with await asyncio.start_server(answer, LOOPBACK, 0) as server:
        outcome = await run(plan(server.sockets[0].getsockname()[1], seconds=0.4, rate=20, rows=1))
    assert (seen, outcome.failures) == (["opened"] * 4 + ["asked"] * 8, {})


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b'{"row": 1, "other": {"row": 2}}', "status 500"),
        (200, b'{"data": null, "errors": [{"message": "CMS is away"}]}', 'errors: [{"message": "CMS is away"}]'),
        (200, b'{"row": 1}', "1 rows instead of 2"),
        (200, b"<html>", "an answer that is no JSON object"),
    ],
)
async def test_load_counts_a_wrong_answer_as_failed(status: int, body: bytes, reason: str) -> None:
    async with served(answering(status, body), lifespan="off") as port:
        outcome = await run(plan(port, seconds=0.1))
    assert outcome.latencies == []
    assert outcome.failures.keys() == {reason}


async def test_load_counts_a_target_that_is_gone_as_failed() -> None:
    async with served(answering(200, b""), lifespan="off") as port:
        pass
    outcome = await run(plan(port, seconds=0.05))
    assert outcome.latencies == []
    assert sum(outcome.failures.values()) == 4


async def test_a_connection_that_ends_in_the_middle_of_an_answer_is_an_error() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        writer.close()

    async with await asyncio.start_server(cut, LOOPBACK, 0) as server:
        connection = await Connection.open(LOOPBACK, server.sockets[0].getsockname()[1])
        with pytest.raises(ConnectionError, match="before the answer was whole"):
            await connection.ask(b"GET / HTTP/1.1\r\n\r\n")
        assert connection.closed


def unread(process: subprocess.Popen[bytes]) -> int:
    """Bytes of its output that wait in the pipe."""
    assert process.stdout
    [count] = struct.unpack("i", fcntl.ioctl(process.stdout, termios.FIONREAD, bytes(4)))
    return int(count)


async def test_an_outcome_comes_whole_though_its_writing_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is longer than a pipe holds, and nobody reads until the generator was stopped in the middle of it."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    async with served(answering(200, b'{"data": [{"row": 1}, {"row": 2}]}'), lifespan="off") as port:
        with generator(tmp_path) as load:
            process = load.process
            assert process.stdin
            process.stdin.write(msgspec.json.encode(plan(port, seconds=3)) + b"\n")
            process.stdin.flush()
            assert await asyncio.to_thread(until, lambda: unread(process) >= PIPE, 30)
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGCONT)
            line = await asyncio.wait_for(asyncio.to_thread(answer, process), 10)
    assert len(line) > PIPE
    assert msgspec.json.decode(line, type=Outcome).failures == {}
