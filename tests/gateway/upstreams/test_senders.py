"""What both ways to an upstream have in common."""

import asyncio
import gzip
from typing import Any

import pytest

from gateway.upstreams.answer import Answer, GarbageError, NoAnswerError
from gateway.upstreams.http1.request import Request
from tests.support.peer import Line, answer, answering, peer
from tests.support.senders import KINDS, get, sender, sent

pytestmark = [pytest.mark.asyncio(loop_scope="function"), pytest.mark.parametrize("kind", KINDS)]

OK = answer()
HINTS = b"HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n"
ZIPPED = gzip.compress(b"{}")
JSON = "application/json"

GOOD = [
    pytest.param(OK, Answer(200, JSON, "", b"{}"), id="a length"),
    pytest.param(answer(b""), Answer(200, JSON, ""), id="nothing in it"),
    pytest.param(answer(b" " * 1000), Answer(200, JSON, "", b" " * 1000), id="as long as it may be"),
    pytest.param(answer(b"no", "503 Busy"), Answer(503, JSON, "", b"no"), id="503"),
    pytest.param(answer(b"", "302 Found", "Location: /elsewhere"), Answer(302, JSON), id="a redirect"),
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204), id="204"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\n\r\n", Answer(304), id="304"),
    pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", Answer(200, body=b"{}"), id="HTTP/1.0"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, Answer(200, JSON, "", b"{}"), id="100 before it"),
    pytest.param(HINTS + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Answer(200), id="103 is not part of it"),
    pytest.param(answer(ZIPPED, "200 OK", "content-encoding: gzip"), Answer(200, JSON, "gzip", ZIPPED), id="gzip"),
    pytest.param(
        answer(b"{}", "200 OK", "Content-Encoding: gzip", "Content-Encoding: identity"),
        Answer(200, JSON, "gzip, identity", b"{}"),
        id="two encodings",
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'1;of=two\r\n{\r\n1\r\n}\r\n0\r\nContent-Type: text/html\r\nX-Sum: "1"\r\n\r\n',
        Answer(200, "", "", b"{}"),
        id="chunks and trailers",
    ),
]
BAD = [
    pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="no HTTP"),
    pytest.param(b"HTTP/2 200 OK\r\n\r\n", id="another version"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", id="no number"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", id="below nothing"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", id="two lengths"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="gzip chunks"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", id="no chunk"),
    pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", id="101"),
    pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n", id="too long a head"),
    pytest.param(answer(b" " * 1001), id="too long"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 1001 + b"0\r\n\r\n",
        id="too long in chunks",
    ),
    pytest.param(b"", id="nothing"),
    pytest.param(b"HTTP/1.1 20", id="broken off in the status"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="broken off in the head"),
    pytest.param(OK[:-1], id="broken off in the body"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", id="broken off before the end"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="nothing after 100"),
]


@pytest.mark.parametrize(("said", "expected"), GOOD)
async def test_an_answer_in_one_piece_and_byte_by_byte(kind: str, said: bytes, expected: Answer) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.say(said)
        await line.request()
        await line.say(*(bytes([each]) for each in said))
        await line.hung_up()

    async with peer(script) as upstream, sender(kind, upstream.url) as made:
        first = await get(made)
        # HTTP/1.0 ends its connection, so that the second one is the first of another.
        assert [first, await get(made)] == [expected, expected]


@pytest.mark.parametrize("said", BAD)
async def test_what_is_no_answer(kind: str, said: bytes) -> None:
    async with peer(answering(said, closing=True)) as upstream, sender(kind, upstream.url) as made:
        with pytest.raises((NoAnswerError, GarbageError)):
            await get(made)
        upstream.script = answering(OK)
        assert (await get(made)).body == b"{}", "the next one is not spoilt by it"


async def test_what_an_upstream_is_sent(kind: str) -> None:
    async with peer(answering(OK)) as upstream, sender(kind, upstream.url + "/api/") as made:
        params = {"ids": "a,b", "text": "å & b=c", "wait": 25, "all": True, "none": None, "many": ["1", "2"]}
        await get(made, "/v1/users/a%2Fb/updates", params=params, headers={"X-User-ID": "teacher-1"})
        await sent(made, Request("POST", "/v1/things", "", {"Content-Type": JSON}, b'{"a":1}'))
        await sent(made, Request("POST", "/v1/things"))
        await sent(made, Request("DELETE", "/v1/things/1"))
    got, posted, empty, deleted = (request for _, request in upstream.requests)
    target = got.split()[1].replace(b"%2C", b",")
    assert target == b"/api/v1/users/a%2Fb/updates?ids=a,b&text=%C3%A5+%26+b%3Dc&wait=25&all=true&none=&many=1&many=2"
    assert f"host: 127.0.0.1:{upstream.port}".encode() in got.lower().split(b"\r\n")
    assert b"x-user-id: teacher-1" in got.lower().split(b"\r\n")
    assert b"content-length" not in got.lower()
    assert posted.startswith(b"POST /api/v1/things HTTP/1.1\r\n")
    assert posted.endswith(b'\r\n\r\n{"a":1}')
    assert b"content-length: 7" in posted.lower().split(b"\r\n")
    assert b"content-length: 0" in empty.lower().split(b"\r\n")
    assert b"content-length" not in deleted.lower()


UNSAFE: list[Any] = [
    pytest.param("GET", "/a b", {}, id="space in the path"),
    pytest.param("GET", "/a\r\nX: y", {}, id="line end in the path"),
    pytest.param("GET", "/å", {}, id="not encoded"),
    pytest.param("GET", "/a\0", {}, id="NUL in the path"),
    pytest.param("GET", "/a?b=c", {}, id="query in the path"),
    pytest.param("GET", "/a#b", {}, id="fragment"),
    pytest.param("GET", "elsewhere", {}, id="no slash"),
    pytest.param("HEAD", "/", {}, id="HEAD"),
    pytest.param("CONNECT", "/", {}, id="CONNECT"),
    pytest.param("GET / HTTP/1.1\r\nX:", "/", {}, id="line end in the method"),
    pytest.param("GET", "/", {"X-User-ID": "secret\r\nX-Service-ID: b"}, id="line end in a value"),
    pytest.param("GET", "/", {"X-User-ID": "secret\nb"}, id="LF"),
    pytest.param("GET", "/", {"X-User-ID": "secret\rb"}, id="CR"),
    pytest.param("GET", "/", {"X-User-ID": "secret\0"}, id="NUL"),
    pytest.param("GET", "/", {"X-User-ID": "secret "}, id="space after"),
    pytest.param("GET", "/", {"X-User-ID": " secret"}, id="space before"),
    pytest.param("GET", "/", {"X-User-ID": "secret å"}, id="beyond ASCII"),
    pytest.param("GET", "/", {"X-User-ID": "secret\x85"}, id="a line end of Unicode"),
    pytest.param("GET", "/", {"X: y\r\nZ": "a"}, id="line end in a name"),
    pytest.param("GET", "/", {"": "a"}, id="no name"),
    pytest.param("GET", "/", {"content-length": "3"}, id="a length"),
    pytest.param("GET", "/", {"Transfer-Encoding": "chunked"}, id="a transfer encoding"),
    pytest.param("GET", "/", {"Host": "elsewhere"}, id="a host"),
    pytest.param("GET", "/", {"Connection": "close"}, id="a connection"),
]


@pytest.mark.parametrize(("method", "path", "headers"), UNSAFE)
async def test_what_could_be_read_otherwise_is_not_sent(
    kind: str, method: str, path: str, headers: dict[str, str]
) -> None:
    async with peer(answering(OK)) as upstream, sender(kind, upstream.url) as made:
        with pytest.raises(ValueError) as raised:  # noqa: PT011  what the message may not say is below
            await sent(made, Request(method, path, more=headers, again=True))
        assert "secret" not in str(raised.value)
        await get(made)
    assert len(upstream.requests) == 1


async def test_a_deadline_ends_a_drip(kind: str) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            await line.say(b" ")
            await asyncio.sleep(0.01)

    async with peer(script) as upstream, sender(kind, upstream.url) as made:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await get(made)
        upstream.script = answering(OK)
        assert (await get(made)).body == b"{}"


async def test_nobody_listens(kind: str) -> None:
    async with peer(answering(OK)) as upstream:
        pass
    async with sender(kind, upstream.url) as made:
        with pytest.raises(NoAnswerError):
            await get(made)


async def test_an_ipv6_address(kind: str) -> None:
    async with peer(answering(OK), "::1") as upstream, sender(kind, upstream.url) as made:
        assert (await get(made)).status == 200
    [(_, request)] = upstream.requests
    assert f"host: [::1]:{upstream.port}".encode() in request.lower().split(b"\r\n")


async def test_calls_share_a_connection(kind: str) -> None:
    async with peer(answering(OK)) as upstream, sender(kind, upstream.url) as made:
        for _ in range(5):
            await get(made)
    assert upstream.connections == 1
