"""Clients that take their time, or all the connections there are, over real sockets."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from tests.support.answering import MAX_BODY, Answering, settings
from tests.support.servers import served
from tests.support.wire import Wire, exchanged, head, wire

POST = "POST / HTTP/1.1"
SLOW_HEAD = "The head of the request was not there within 0.3 s."
SLOW_BODY = "The body was not there within 0.3 s."
ORDINARY = head("Connection: close")


async def test_two_hundred_slow_heads_are_gone_and_nobody_waits_for_them() -> None:
    answering, limits = Answering(), settings(header_timeout_seconds=2)
    async with served(answering.app(), limits), AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(wire(limits.port)) for _ in range(200)]
        for each in slow:
            await each.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n")
        ends = asyncio.gather(*(each.rest() for each in slow))
        assert (await exchanged(limits.port, ORDINARY)).startswith(b"HTTP/1.1 200 OK\r\n")
        while not ends.done():
            # Each byte comes in time for a deadline that would begin anew with it.
            for each in slow:
                each.writer.write(b"A: b\r\n")
            await asyncio.wait([ends], timeout=0.2)
        assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in await ends)
    assert len(answering.asked) == 1


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"\r\n\r\n\r\n"])
async def test_who_says_nothing_is_left_without_a_word(sent: bytes) -> None:
    limits = settings(header_timeout_seconds=0.3)
    async with served(Answering().app(), limits):
        assert await exchanged(limits.port, sent) == b""


async def test_line_ends_do_not_keep_a_connection_that_was_used() -> None:
    limits = settings(header_timeout_seconds=0.3)
    async with served(Answering().app(), limits), wire(limits.port) as connection:
        await connection.send(head())
        await connection.until(b"\r\n\r\n")
        await connection.send(b"\r\n")
        assert await connection.rest() == b""


async def test_the_head_of_a_later_request_has_a_deadline_too() -> None:
    limits = settings(header_timeout_seconds=0.3)
    async with served(Answering().app(), limits), wire(limits.port) as connection:
        await connection.send(head())
        await connection.until(b"\r\n\r\n")
        # Between requests it is the longer one of an idle connection.
        await asyncio.sleep(0.5)
        await connection.send(b"GET / HT")
        assert message(await connection.rest()) == SLOW_HEAD


@pytest.mark.parametrize(
    "sent",
    [
        head("Content-Length: 5", first=POST) + b"he",
        head("Transfer-Encoding: chunked", first=POST) + b"5\r\nhe",
        head("Transfer-Encoding: chunked", first=POST) + b"5\r\nhello\r\n0\r\nA: ",
    ],
)
async def test_a_body_that_does_not_come_is_408(sent: bytes) -> None:
    answering, limits = Answering(), settings(body_timeout_seconds=0.3)
    async with served(answering.app(), limits):
        answer = await exchanged(limits.port, sent)
    assert (answer.split(b"\r\n")[0], message(answer)) == (b"HTTP/1.1 408 Request Timeout", SLOW_BODY)
    assert b"\r\nx-correlation-id: " in answer.lower()
    assert answering.asked == []


async def test_a_body_that_nobody_wants_has_the_deadline_all_the_same() -> None:
    limits = settings(body_timeout_seconds=0.3)
    async with served(Answering().app(), limits):
        endless = await exchanged(limits.port, head("Content-Length: 9", first="POST /nowhere HTTP/1.1"), b"a")
        assert endless.startswith(b"HTTP/1.1 404 ")
        large = await exchanged(limits.port, head(f"Content-Length: {MAX_BODY * 9}", first=POST), b"a" * 2 * MAX_BODY)
        assert large.startswith(b"HTTP/1.1 413 ")


async def test_who_waits_for_the_word_to_go_on_gets_it() -> None:
    limits = settings(body_timeout_seconds=0.3)
    async with served(Answering().app(), limits), wire(limits.port) as connection:
        await connection.send(head("Content-Length: 5", "Expect: 100-continue", "Connection: close", first=POST))
        assert await connection.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await connection.send(b"hello")
        assert (await connection.rest()).endswith(b"\r\n\r\nhello")


async def test_pipelined_requests_are_answered_in_order_and_a_flood_ends_the_connection() -> None:
    answering, limits = Answering(), settings()
    bodies = [f"{number:02}".encode() for number in range(10)]
    async with served(answering.app(), limits):
        asked = [head("Content-Length: 2", first=POST) + body for body in bodies]
        answers = await exchanged(limits.port, b"".join(asked) + ORDINARY)
        assert [answer[:2] for answer in answers.split(b"\r\n\r\n")[1:-1]] == bodies
        answering.asked.clear()
        assert (await exchanged(limits.port, head() * 5000)).count(b"HTTP/1.1 200 OK") == len(answering.asked) <= 17


async def test_garbage_behind_a_request_does_not_cost_its_answer() -> None:
    limits = settings()
    async with served(Answering().app(), limits):
        answer = await exchanged(limits.port, head() + b"no request\r\n\r\n")
        assert (answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer.count(b"HTTP/1.1")) == (True, 1)


async def test_with_every_connection_taken_an_idle_one_makes_room_and_else_it_is_503() -> None:
    limits = settings(max_connections=3)
    async with served(Answering().app(), limits), AsyncExitStack() as stack:
        busy = [await stack.enter_async_context(wire(limits.port)) for _ in range(2)]
        for each in busy:
            await each.send(b"GET / ")
        idle = await stack.enter_async_context(wire(limits.port))
        await answered(idle)
        third = await stack.enter_async_context(wire(limits.port))
        assert await idle.rest() == b""
        await third.send(b"GET / ")
        refused = await exchanged(limits.port)
        assert (refused.split(b"\r\n")[0], message(refused)) == (
            b"HTTP/1.1 503 Service Unavailable",
            "There are 3 connections, as many as may be.",
        )
        assert b"\r\nretry-after: 1\r\n" in refused
        await busy[0].send(b"HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert (await busy[0].rest()).startswith(b"HTTP/1.1 200 OK\r\n")
        assert (await exchanged(limits.port, ORDINARY)).startswith(b"HTTP/1.1 200 OK\r\n")


async def answered(connection: Wire) -> None:
    """With an empty answer, after which the connection is idle."""
    await connection.send(head())
    assert (await connection.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")


def message(answer: bytes) -> str:
    told: str = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    return told
