"""Connections that are kept: which are, which are not, and how many there are."""

import asyncio
import random
import time

import pytest

from gateway.upstreams.answer import Answer, GarbageError, NoAnswerError
from tests.support.peer import Line, Peer, Script, answer, answering, peer
from tests.support.senders import at_rest, call, pool

pytestmark = pytest.mark.asyncio(loop_scope="function")

OK = answer()


LAST = [
    pytest.param(answer(b"{}", "200 OK", "Connection: close"), id="close"),
    pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="HTTP/1.0"),
    pytest.param(OK + b"garbage", id="garbage after it"),
    pytest.param(OK + answer(b"stolen"), id="another answer after it"),
    pytest.param(OK + b"HTTP/1.1 200 OK\r\nContent-Le", id="the beginning of another"),
    pytest.param(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", id="204 with a body"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="304 with a body"),
]


@pytest.mark.parametrize("said", LAST)
async def test_an_answer_that_is_the_last_of_its_connection(said: bytes) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.say(said)
        await line.hung_up()

    async with peer(script) as upstream, pool(upstream.url) as made:
        bodies = [(await call(made)).body for _ in range(3)]
        assert at_rest(made)
    assert set(bodies) <= {b"{}", b""}
    assert [number for number, _ in upstream.requests] == [0, 1, 2]


@pytest.mark.parametrize("later", [b"x", b"\r\n", answer(b"stolen"), answer(b"late", "408 Request Timeout")])
async def test_what_comes_unasked_is_never_an_answer(later: bytes) -> None:
    answered = asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        if not line.number:
            await answered.wait()
            await line.say(later)
        await line.hung_up()

    async with peer(script) as upstream, pool(upstream.url) as made:
        assert (await call(made)).body == b"{}"
        [kept] = made._kept
        answered.set()
        await kept.lost
        assert (await call(made)).body == b"{}"
    assert [number for number, _ in upstream.requests] == [0, 1]


async def test_a_connection_that_the_upstream_ended_is_not_used() -> None:
    async with peer(answering(OK, closing=True)) as upstream, pool(upstream.url) as made:
        for _ in range(3):
            await call(made, again=False)
            [kept] = made._kept
            await kept.lost
    assert [number for number, _ in upstream.requests] == [0, 1, 2]


async def test_a_connection_is_kept_so_long() -> None:
    async with peer(answering(OK)) as upstream, pool(upstream.url, keep_alive=0) as made:
        for _ in range(3):
            await call(made)
        await upstream.empty.wait()
    assert [number for number, _ in upstream.requests] == [0, 1, 2]


async def test_a_connection_that_was_left_too_long_is_closed() -> None:
    async with peer(answering(OK)) as upstream, pool(upstream.url, keep_alive=30) as made:
        await call(made)
        [kept] = made._kept
        kept._kept_since = time.monotonic() - 31
        await call(made)
        await kept.lost
    assert [number for number, _ in upstream.requests] == [0, 1]


def ending_at_the_second(said: bytes) -> Script:
    """Of the first connection: `said`, and an end."""

    async def script(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await line.request()
        if line.number:
            await line.say(OK)
            await line.hung_up()
        else:
            await line.say(said)

    return script


async def test_a_request_goes_again_when_a_kept_connection_ends_under_it() -> None:
    async with peer(ending_at_the_second(b"")) as upstream, pool(upstream.url) as made:
        await call(made, "/1", again=True)
        assert (await call(made, "/2", again=True)).body == b"{}"
        assert at_rest(made)
    assert paths(upstream) == [(0, b"/1"), (0, b"/2"), (1, b"/2")]


async def test_a_request_that_may_not_go_again_fails() -> None:
    async with peer(ending_at_the_second(b"")) as upstream, pool(upstream.url) as made:
        await call(made, "/1", again=True)
        with pytest.raises(NoAnswerError):
            await call(made, "/2", again=False)
        assert at_rest(made)
    assert paths(upstream) == [(0, b"/1"), (0, b"/2")]


@pytest.mark.parametrize("said", [b"H", b"HTTP/1.1 200 OK\r\n", OK[:-1], b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_a_request_does_not_go_again_once_an_answer_begins(said: bytes) -> None:
    async with peer(ending_at_the_second(said)) as upstream, pool(upstream.url) as made:
        await call(made, "/1", again=True)
        with pytest.raises(NoAnswerError):
            await call(made, "/2", again=True)
        assert at_rest(made)
    assert paths(upstream) == [(0, b"/1"), (0, b"/2")]


async def test_a_request_goes_but_once_over_a_new_connection() -> None:
    async with peer(answering(b"", closing=True)) as upstream, pool(upstream.url) as made:
        with pytest.raises(NoAnswerError):
            await call(made, again=True)
        assert at_rest(made)
    assert len(upstream.requests) == 1


async def test_an_answer_to_a_request_that_is_not_written_yet() -> None:
    """More than the sockets between take: what is left of it would come before the next request."""

    async def script(line: Line) -> None:
        await line.head()
        await line.say(answer(b"", "413 Content Too Large") if not line.number else OK)
        if line.number:
            await line.hung_up()
        else:
            await done.wait()

    done = asyncio.Event()
    async with peer(script) as upstream, pool(upstream.url) as made:
        assert (await call(made, body=b"x" * 20_000_000)).status == 413
        assert made._kept == []
        assert (await call(made)).status == 200
        done.set()
    assert upstream.connections == 2


HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = [
    pytest.param(HEAD + b"X: ", b"x" * 100, "2000 bytes of headers", id="one header"),
    pytest.param(HEAD, b"X: y\r\n", "2000 bytes of headers", id="headers"),
    pytest.param(b"HTTP/1.1 200 ", b"x" * 100, "2000 bytes of headers", id="a reason"),
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "2000 bytes of headers", id="100"),
    pytest.param(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 100, "2000 bytes of headers", id="a trailer"
    ),
    pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;x=", b"x" * 100, "2000 bytes of headers", id="a chunk"),
    pytest.param(HEAD + b"Content-Length: 9999999\r\n\r\n", b"x" * 100, "1000 bytes", id="a body"),
    pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", "1000 bytes", id="chunks"),
]


@pytest.mark.parametrize(("begin", "more", "limit"), ENDLESS)
async def test_what_has_no_end_is_cut_off(begin: bytes, more: bytes, limit: str) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.say(begin)
        while True:
            await line.say(more)

    async with peer(script) as upstream, pool(upstream.url) as made:
        with pytest.raises(GarbageError, match=f"^more than {limit}$"):
            await call(made)
        await upstream.empty.wait()
        assert at_rest(made)


@pytest.mark.parametrize(("size", "taken"), [(1900, True), (2100, False)])
async def test_how_long_a_head_may_be(size: int, taken: bool) -> None:
    """In one piece with its body, where only the parser sees them apart."""
    said = answer(b"{}", "200 OK", f"X: {'x' * (size - len(answer(b'')) - 5)}")
    async with peer(answering(said)) as upstream, pool(upstream.url) as made:
        if taken:
            assert (await call(made)).body == b"{}"
        else:
            with pytest.raises(GarbageError, match=r"^more than 2000 bytes of headers$"):
                await call(made)


async def test_a_body_may_be_longer_than_a_head() -> None:
    pieces = [b"x" * 100] * 100

    async def script(line: Line) -> None:
        await line.request()
        await line.say(HEAD + b"Content-Length: 10000\r\n\r\n", *pieces)
        await line.hung_up()

    async with peer(script) as upstream, pool(upstream.url, max_body=10_000, max_head=500) as made:
        assert (await call(made)).body == b"".join(pieces)


REFUSED = [
    pytest.param(HEAD + b"\r\n{}", "a body of no told length", id="until the connection ends"),
    pytest.param(b"HTTP/1.0 200 OK\r\n\r\n{}", "a body of no told length", id="of HTTP/1.0"),
    pytest.param(
        b"HTTP/1.1 103 Hm\r\nContent-Length: 2\r\n\r\n" + HEAD + b"\r\n{}",
        "a body of no told length",
        id="but before it",
    ),
    pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n\r\n", "another transfer encoding than chunked", id="gzip"),
    pytest.param(b"HTTP/1.1 101 Hm\r\n\r\n", "status 101", id="101"),
    pytest.param(b"HTTP/1.1 101 Hm\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n", "status 101", id="an upgrade"),
    pytest.param(b"HTTP/1.1 099 Hm\r\nContent-Length: 0\r\n\r\n", "status 99", id="99"),
]


@pytest.mark.parametrize(("said", "why"), REFUSED)
async def test_an_answer_that_we_do_not_take(said: bytes, why: str) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.say(said)
        await line.hung_up()

    async with peer(script) as upstream, pool(upstream.url) as made:
        with pytest.raises(GarbageError, match=f"^{why}$"):
            await call(made, again=True)
        assert made._kept == []


async def test_whatever_comes_is_an_answer_or_an_error() -> None:
    """Answers with bytes changed, lost and doubled, in two pieces."""
    chance = random.Random(7)  # noqa: S311  spoils, hides nothing
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n"
    wholes = [OK, chunked, b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"HTTP/1.1 204 No Content\r\n\r\n"]

    async def script(line: Line) -> None:
        await line.request()
        said = spoilt(chance.choice(wholes), chance)
        at = chance.randrange(len(said) + 1)
        await line.say(said[:at], said[at:])

    outcomes: set[type] = set()
    async with peer(script) as upstream, pool(upstream.url) as made:
        for _ in range(400):
            try:
                outcomes.add(type(await call(made)))
            except (NoAnswerError, GarbageError) as error:
                outcomes.add(type(error))
        assert at_rest(made)
        for kept in list(made._kept):
            await kept.lost
        upstream.script = answering(OK)
        assert (await call(made)).body == b"{}"
    assert {Answer, NoAnswerError, GarbageError} <= outcomes


def spoilt(whole: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        at, end = sorted(chance.choices(range(len(whole) + 1), k=2))
        match chance.randrange(4):
            case 0:
                whole = whole[:at] + chance.randbytes(1) + whole[at + 1 :]
            case 1:
                whole = whole[:at] + whole[end:]
            case 2:
                whole = whole[:end] + whole[at:]
            case _:
                whole = whole[:at] + chance.choice([b"\r\n", b"\n", b"\0", b":", b"9"]) + whole[at:]
    return whole


def paths(upstream: Peer) -> list[tuple[int, bytes]]:
    return [(number, request.split()[1]) for number, request in upstream.requests]
