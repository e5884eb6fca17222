"""What is no request, or too much of one, over real sockets: the answer, and that nobody was asked."""

import json
from typing import Any

import pytest

from tests.support.answering import HANDSHAKE, Answering, settings
from tests.support.servers import served
from tests.support.wire import exchanged, head, wire

POST, CHUNKED = "POST / HTTP/1.1", "Transfer-Encoding: chunked"
SOCKET = HANDSHAKE
LIMITS: dict[str, Any] = {"max_url_bytes": 1000, "max_header_bytes": 2000, "max_headers": 20}

MALFORMED = "request is not HTTP/1.1"
HOST = "Host must be a name or an address, and a port or none"
ONE_HOST = "Host must be given once"
UPGRADES = "Upgrade may be to WebSocket only"
ALONE = "Upgrade to WebSocket is for a GET of HTTP/1.1 alone on its connection"
FRAMING = "Transfer-Encoding has more around the chunks than in them"
URL = "The URL may have at most 1000 bytes."
FIELDS = "The header fields may have at most 2000 bytes."
MANY = "A request may have at most 20 header fields."

REFUSED: dict[str, tuple[bytes, int, str]] = {
    "no HTTP": (b"hello there\r\n\r\n", 400, MALFORMED),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), 400, MALFORMED),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, MALFORMED),
    "another version": (head(first="GET / HTTP/1.2"), 400, MALFORMED),
    "a long method": (b"A" * 3000, 400, MALFORMED),
    "a path beyond ASCII": (head(first="GET /å HTTP/1.1"), 400, MALFORMED),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: a.test\n\n", 400, MALFORMED),
    "a space before the colon": (head("A : b"), 400, MALFORMED),
    "a folded field": (head("A: b\r\n c"), 400, MALFORMED),
    "NUL": (head("A: b\0c"), 400, MALFORMED),
    "a lone carriage return": (head("A: b\rc"), 400, MALFORMED),
    "no Host": (head(host=None), 400, ONE_HOST),
    "two Hosts": (head("Host: b.test"), 400, ONE_HOST),
    "an empty Host": (head(host=""), 400, HOST),
    "a Host with a path": (head(host="a.test/.."), 400, HOST),
    "a Host with a user": (head(host="me@a.test"), 400, HOST),
    "a long URL": (head(first=f"GET /{'a' * 1000} HTTP/1.1"), 414, URL),
    "a URL without end": (b"GET /" + b"a" * 1000, 414, URL),
    "a large field": (head(f"A: {'a' * 2000}"), 431, FIELDS),
    "a field without end": (b"GET / HTTP/1.1\r\nA: " + b"a" * 2000, 431, FIELDS),
    "many fields": (head(*["A: b"] * 20), 431, MANY),
    "fields without end": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 22, 431, MANY),
    "both framings": (head("Content-Length: 5", CHUNKED, first=POST) + b"0\r\n\r\n", 400, MALFORMED),
    "both, the other way round": (head(CHUNKED, "Content-Length: 5", first=POST) + b"0\r\n\r\n", 400, MALFORMED),
    "two lengths": (head("Content-Length: 1", "Content-Length: 2", first=POST) + b"ab", 400, MALFORMED),
    "two lengths in one": (head("Content-Length: 1, 1", first=POST) + b"ab", 400, MALFORMED),
    "a length with a sign": (head("Content-Length: +1", first=POST) + b"a", 400, MALFORMED),
    "a negative length": (head("Content-Length: -1", first=POST) + b"a", 400, MALFORMED),
    "a length beyond 64 bits": (head(f"Content-Length: {2**64}", first=POST) + b"a", 400, MALFORMED),
    "an unknown coding": (head("Transfer-Encoding: gzip", first=POST) + b"0\r\n\r\n", 400, MALFORMED),
    "chunks not last": (head("Transfer-Encoding: chunked, identity", first=POST), 400, MALFORMED),
    "a coding that looks like chunks": (head("Transfer-Encoding: xchunked", first=POST), 400, MALFORMED),
    "chunks twice": (head(CHUNKED, CHUNKED, first=POST) + b"0\r\n\r\n", 400, MALFORMED),
    "chunks of HTTP/1.0": (head(CHUNKED, first="POST / HTTP/1.0"), 400, "Transfer-Encoding is of HTTP/1.1"),
    "a chunk without size": (head(CHUNKED, first=POST) + b"zz\r\n", 400, MALFORMED),
    "a negative chunk": (head(CHUNKED, first=POST) + b"-1\r\n", 400, MALFORMED),
    "a chunk beyond 64 bits": (head(CHUNKED, first=POST) + b"f" * 17 + b"\r\n", 400, MALFORMED),
    "an extension without end": (head(CHUNKED, first=POST) + b"1;" + b"a" * 30_000, 400, FRAMING),
    "trailers without end": (head(CHUNKED, first=POST) + b"0\r\nA: " + b"a" * 30_000, 400, FRAMING),
    "CONNECT": (head(first="CONNECT a.test:443 HTTP/1.1"), 400, UPGRADES),
    "h2c with a body": (
        head("Upgrade: h2c", "Connection: Upgrade", "Content-Length: 36", first=POST)
        + head(first="GET /hidden HTTP/1.1"),
        400,
        UPGRADES,
    ),
    "a socket by POST": (head(*SOCKET, first="POST /socket HTTP/1.1"), 400, ALONE),
    "a socket of HTTP/1.0": (head(*SOCKET, first="GET /socket HTTP/1.0"), 400, ALONE),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_with_the_limit_and_the_connection_closed(name: str) -> None:
    raw, status, message = REFUSED[name]
    answering, limits = Answering(), settings(**LIMITS)
    async with served(answering.app(), limits):
        answer = await exchanged(limits.port, raw)
        told, _, body = answer.partition(b"\r\n\r\n")
        lines = told.split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1.1 %d " % status)
        assert {b"connection: close", b"content-type: application/json"} <= set(lines)
        assert {b"cache-control: no-store", b"x-content-type-options: nosniff"} <= set(lines)
        assert json.loads(body)["error"]["message"] == message
        assert answering.asked == []
        assert (await exchanged(limits.port, head("Connection: close"))).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_large_head_that_begins_behind_another_request_is_refused() -> None:
    answering, limits = Answering(), settings(**LIMITS)
    large = head(*[f"A: {'a' * 150}"] * 15)
    async with served(answering.app(), limits), wire(limits.port) as connection:
        await connection.send(head() + large[:-100])
        assert (await connection.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        await connection.send(large[-100:])
        assert b"HTTP/1.1 431 " in await connection.rest()
    assert len(answering.asked) == 1


async def test_a_handshake_without_its_key_is_refused() -> None:
    answering, limits = Answering(), settings()
    async with served(answering.app(), limits):
        answer = await exchanged(limits.port, head(*HANDSHAKE[:-1], first="GET /socket HTTP/1.1"))
        assert answer.startswith(b"HTTP/1.1 400 ")
        large = head(*SOCKET, f"A: {'a' * 9000}", first="GET /socket HTTP/1.1")
        assert (await exchanged(limits.port, large)).startswith(b"HTTP/1.1 431 ")
        with_body = head(*SOCKET, "Content-Length: 5", first="GET /socket HTTP/1.1")
        assert (await exchanged(limits.port, with_body, b"hello")).startswith(b"HTTP/1.1 400 ")


async def test_what_is_odd_but_allowed_is_answered() -> None:
    answering, limits = Answering(), settings(**LIMITS)
    odd = [
        head(first="GET / HTTP/1.0", host=None),
        head("Connection: close", host="[::1]:4000"),
        head("Connection: close", first="GET http://other.test/ HTTP/1.1"),
        b"\r\n\r\n" + head("Connection: close"),
        head("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        head(CHUNKED, "Connection: close", first=POST) + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n",
        head(*["A: b"] * 18, "Connection: close"),
    ]
    async with served(answering.app(), limits):
        for raw in odd:
            assert (await exchanged(limits.port, raw)).startswith(b"HTTP/1.1 200 OK\r\n")
    assert [len(body) for _, body in answering.asked] == [0, 0, 0, 0, 0, 20_000, 0]


async def test_trailers_do_not_become_headers() -> None:
    answering, limits = Answering(), settings()
    body = b"1\r\na\r\n0\r\nX-User-ID: someone-else\r\nAuthorization: Bearer x\r\n\r\n"
    async with served(answering.app(), limits):
        await exchanged(limits.port, head(CHUNKED, "Connection: close", first=POST) + body)
    [(request, read)] = answering.asked
    assert (read, set(request.headers)) == (b"a", {"host", "transfer-encoding", "connection"})
