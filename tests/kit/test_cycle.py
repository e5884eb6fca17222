"""Answers as they are written: ours put together another way, and the same bytes as uvicorn's."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kit.cycle import Cycle, _lines, _runs


class Wire:
    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: Any) -> None:
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        self.closed = True

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed


class Asked:
    """As much of a connection as a cycle takes."""

    def __init__(self, method: str) -> None:
        self.scope = {"type": "http", "method": method}
        self.transport = Wire()
        self.flow = FlowControl(cast("asyncio.Transport", self.transport))
        self.logger = self.access_logger = logging.getLogger("cycles")
        self.expect_100_continue = False
        self.responses = 0

    def on_response_complete(self) -> None:
        self.responses += 1

    def ours(self, *, keep_alive: bool) -> RequestResponseCycle:
        return Cycle(cast("HttpToolsProtocol", self), keep_alive=keep_alive)

    def theirs(self, *, keep_alive: bool) -> RequestResponseCycle:
        return RequestResponseCycle(
            scope=cast("Any", self.scope),
            transport=cast("asyncio.Transport", self.transport),
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )


def start(status: int = 200, *fields: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(fields)}


def body(part: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": more}


TWO, NONE = (b"content-length", b"2"), (b"content-length", b"0")
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "whole": [start(200, (b"content-type", b"x"), TWO), body(b"ab")],
    "in parts": [start(200, TWO), body(b"a", more=True), body(b"b")],
    "without length": [start(), body(b"ab", more=True), body(b"c")],
    "chunked": [start(200, (b"transfer-encoding", b"Chunked")), body(b"ab")],
    "empty": [start(200, NONE), body()],
    "no content": [start(204), body()],
    "closing": [start(503, TWO, (b"connection", b"Close")), body(b"ab")],
    "kept open": [start(200, TWO, (b"connection", b"keep-alive")), body(b"ab")],
    "too long": [start(200, TWO), body(b"abc")],
    "too short": [start(200, TWO), body(b"a")],
    "more than whole": [start(200, TWO), body(b"ab"), body(b"c")],
    "no start": [body(b"ab")],
    "two starts": [start(200, TWO), start(200, TWO)],
    "a broken name": [start(200, (b"a b", b"c"))],
    "a broken value": [start(200, (b"a", b"b\r\nc: d"))],
}


async def told(asked: Asked, cycle: RequestResponseCycle, messages: list[dict[str, Any]]) -> dict[str, Any]:
    failure = ""
    try:
        for each in messages:
            await cycle.send(cast("Any", each))
    except RuntimeError as error:
        failure = str(error)
    return {
        "bytes": b"".join(asked.transport.writes),
        "closed": asked.transport.closed,
        "responses": asked.responses,
        "complete": cycle.response_complete,
        "awake": cycle.message_event.is_set(),
        "keep_alive": cycle.keep_alive,
        "failure": failure,
    }


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone before"])
@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("messages", ANSWERS.values(), ids=ANSWERS)
async def test_the_bytes_are_the_same(
    messages: list[dict[str, Any]], method: str, *, keep_alive: bool, gone: bool
) -> None:
    for _ in range(2):  # the second time, lines are known
        first, second = Asked(method), Asked(method)
        cycles = first.ours(keep_alive=keep_alive), second.theirs(keep_alive=keep_alive)
        for each in cycles:
            each.disconnected = gone
        ours, theirs = await told(first, cycles[0], messages), await told(second, cycles[1], messages)
        assert ours == theirs


async def test_what_is_whole_is_one_write() -> None:
    asked = Asked("POST")
    await told(asked, asked.ours(keep_alive=True), ANSWERS["whole"])
    assert asked.transport.writes == [b"HTTP/1.1 200 OK\r\ncontent-type: x\r\ncontent-length: 2\r\n\r\nab"]


async def test_nothing_is_written_to_whoever_has_gone() -> None:
    asked = Asked("POST")
    cycle = asked.ours(keep_alive=True)
    await cycle.send(cast("Any", start(200, TWO)))
    cycle.disconnected = True
    await cycle.send(cast("Any", body(b"ab")))
    assert (asked.transport.writes, cycle.response_complete) == ([], False)


async def test_so_many_lines_are_remembered_and_no_correlation_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.cycle._MANY_LINES", 3)
    _lines.clear()
    for n in range(8):
        asked = Asked("POST")
        fields = (b"x-correlation-id", b"%d" % n), (b"a", b"%d" % n), NONE
        await told(asked, asked.ours(keep_alive=True), [start(200, *fields), body()])
        assert asked.transport.writes[0] == (
            b"HTTP/1.1 200 OK\r\nx-correlation-id: %d\r\na: %d\r\ncontent-length: 0\r\n\r\n" % (n, n)
        )
    assert set(_lines) == {(b"a", b"6"), (b"a", b"7")}


async def test_so_many_runs_are_remembered_and_none_that_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.cycle._MANY_RUNS", 3)
    _runs.clear()
    for n in range(8):
        own = (b"x-correlation-id", b"%d" % n), NONE
        same = (b"c", b"d"), (b"a", b"%d" % n)
        for fields in (*own, *same), (*same, *own), (*own, *same):
            asked = Asked("POST")
            await told(asked, asked.ours(keep_alive=True), [start(200, *fields), body()])
            lines = b"".join(b"%b: %b\r\n" % each for each in fields)
            assert b"".join(asked.transport.writes) == b"HTTP/1.1 200 OK\r\n%b\r\n" % lines
    assert set(_runs) == {((b"c", b"d"), (b"a", b"6")), ((b"c", b"d"), (b"a", b"7"))}


Step = Callable[[RequestResponseCycle], None]


def comes(part: bytes, *, whole: bool) -> Step:
    def step(cycle: RequestResponseCycle) -> None:
        cycle.body += part
        cycle.more_body = not whole
        cycle.message_event.set()

    return step


def goes(cycle: RequestResponseCycle) -> None:
    cycle.disconnected = True
    cycle.message_event.set()


def answers(cycle: RequestResponseCycle) -> None:
    cycle.response_complete = True
    cycle.message_event.set()


def expects(cycle: RequestResponseCycle) -> None:
    cycle.waiting_for_100_continue = True


BODIES: dict[str, list[list[Step]]] = {
    "whole": [[comes(b"ab", whole=True)]],
    "in parts": [[comes(b"a", whole=False)], [comes(b"b", whole=True)]],
    "expected": [[expects, comes(b"ab", whole=True)]],
    "then hung up": [[comes(b"ab", whole=True)], [goes]],
    "hung up at once": [[comes(b"ab", whole=True), goes]],
    "then answered": [[comes(b"ab", whole=True)], [answers]],
}


@pytest.mark.parametrize("steps", BODIES.values(), ids=BODIES)
async def test_what_is_received_is_the_same(steps: list[list[Step]]) -> None:
    async def received(asked: Asked, cycle: RequestResponseCycle) -> list[Any]:
        found: list[Any] = []
        asked.flow.read_paused = True
        for several in steps:
            for step in several:
                step(cycle)
            found += [await cycle.receive(), cycle.message_event.is_set(), asked.flow.read_paused, bytes(cycle.body)]
            found += asked.transport.writes
        with suppress(TimeoutError):
            found.append(await asyncio.wait_for(cycle.receive(), 0.01))
        return found

    first, second = Asked("POST"), Asked("POST")
    ours = await received(first, first.ours(keep_alive=True))
    assert ours == await received(second, second.theirs(keep_alive=True))
