"""Connections that bring no request, or not in time, or too many of them."""

import json

from tests.attacks.wording import AUTHORIZED, INVALID, VIEWER, Attack, Table, asked, message
from tests.support.answering import HANDSHAKE

_QUERY = json.dumps({"query": VIEWER}).encode()
_OPEN = (AUTHORIZED, "Content-Type: application/json")
_SOCKET = (*HANDSHAKE, "Sec-WebSocket-Protocol: graphql-transport-ws", AUTHORIZED)
_UPGRADE = "GET /graphql HTTP/1.1"
_KEPT = asked(VIEWER).replace(b"Connection: close\r\n", b"")
_HELLO = bytes.fromhex("16030102000100 01fc0303") + bytes(500)


def chunked(body: bytes) -> bytes:
    return message(*_OPEN, "Transfer-Encoding: chunked", body=body)


def handshake(*fields: str, status: int = 400, first: str = _UPGRADE) -> Attack:
    return Attack(message(*fields, first=first), status)


GARBAGE: Table = {
    "garbage": Attack(bytes(range(1, 256)) * 20, 400, INVALID),
    "NUL": Attack(bytes(10_000), 400, INVALID),
    "TLS": Attack(_HELLO, 400, INVALID),
    "HTTP/2": Attack(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100), 400, INVALID),
    "HTTP/0.9": Attack(b"GET /graphql\r\n\r\n", 400, INVALID),
    "HTTP/3.0": Attack(message(first="GET /graphql HTTP/3.0"), 400, INVALID),
    "SSH": Attack(b"SSH-2.0-OpenSSH_9.6\r\n", 400, INVALID),
    "SMTP": Attack(b"EHLO attacker.test\r\n", 400, INVALID),
    "Redis": Attack(b"*1\r\n$8\r\nFLUSHALL\r\n", 400, INVALID),
    "a proxy's greeting": Attack(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + asked(VIEWER), 400, INVALID),
    "a proxy's binary greeting": Attack(b"\r\n\r\n\0\r\nQUIT\n" + bytes(50), 400, INVALID),
    "line ends before a request": Attack(b"\r\n" * 50 + asked(VIEWER), 200),
    "a blank before a request": Attack(b" " + asked(VIEWER), 400, INVALID),
    "garbage behind a request": Attack(_KEPT + b"\0garbage\r\n\r\n", 200),
    "half a request behind a request": Attack(_KEPT + _KEPT[:60], 0, half=True)._replace(status=200),
}

CHUNKS: Table = {
    "a chunk of no size": Attack(chunked(b"\r\n"), 400, INVALID),
    "a chunk of letters": Attack(chunked(b"zz\r\n"), 400, INVALID),
    "a negative chunk": Attack(chunked(b"-1\r\n"), 400, INVALID),
    "a chunk beyond 64 bits": Attack(chunked(b"f" * 17 + b"\r\n"), 400, INVALID),
    "a chunk of a size with a sign": Attack(chunked(b"0x20\r\n"), 400, INVALID),
    "a chunk that is longer than it says": Attack(chunked(b"5\r\n" + _QUERY + b"\r\n0\r\n\r\n"), 400, INVALID),
    "an extension without end": Attack(chunked(b"1;" + b"a" * 200_000), 400, INVALID),
    "extensions of every chunk": Attack(chunked((b"1;" + b"a" * 1_000 + b"\r\nx\r\n") * 500), 400, INVALID),
    "trailers without end": Attack(chunked(b"0\r\n" + b"X: x\r\n" * 30_000), 400, INVALID),
    "a trailer without end": Attack(chunked(b"0\r\nX: " + b"x" * 200_000), 400, INVALID),
    "a trailer that says who it is": Attack(
        message(
            *_OPEN[1:],
            "Transfer-Encoding: chunked",
            "Connection: close",
            body=b"%x\r\n%b\r\n0\r\nAuthorization: Bearer @TOKEN@\r\n\r\n" % (len(_QUERY), _QUERY),
        ),
        401,
        "AUTHENTICATION_ERROR",
    ),
}

UPGRADES: Table = {
    "a socket without a key": handshake(*_SOCKET[:3], *_SOCKET[4:]),
    "a socket with a short key": handshake(*_SOCKET[:3], "Sec-WebSocket-Key: AAAA", *_SOCKET[4:]),
    "a socket of an old version": handshake(*_SOCKET[:2], "Sec-WebSocket-Version: 8", *_SOCKET[3:]),
    "a socket by POST": handshake(*_SOCKET, first="POST /graphql HTTP/1.1"),
    "a socket of HTTP/1.0": handshake(*_SOCKET, first="GET /graphql HTTP/1.0"),
    "a socket with a body": handshake(*_SOCKET, "Content-Length: 5"),
    "a socket elsewhere": handshake(*_SOCKET, first="GET /metrics HTTP/1.1", status=403),
    "a socket for a page of another site": handshake(*_SOCKET, "Origin: https://attacker.test", status=403),
    "a socket for a page of no site": handshake(*_SOCKET, "Origin: null", status=403),
    "a socket for a page of two sites": handshake(
        *_SOCKET, "Origin: http://gateway.test", "Origin: https://attacker.test"
    ),
    "a socket with a large field": handshake(*_SOCKET, f"X: {'x' * 9_000}", status=431),
}

LATE: Table = {
    "nothing": Attack(b"", 0),
    "line ends alone": Attack(b"\r\n" * 10, 0),
    "half a line": Attack(b"POST /gra", 408, "REQUEST_TIMEOUT"),
    "half a head": Attack(asked(VIEWER)[:80], 408, "REQUEST_TIMEOUT"),
    "no body": Attack(message(*_OPEN, "Content-Length: 100"), 408, "REQUEST_TIMEOUT"),
    "half a body": Attack(message(*_OPEN, "Content-Length: 100", body=_QUERY), 408, "REQUEST_TIMEOUT"),
    "half a chunk": Attack(chunked(b"ff\r\n" + _QUERY), 408, "REQUEST_TIMEOUT"),
    "chunks without an end": Attack(chunked(b"1\r\n{\r\n"), 408, "REQUEST_TIMEOUT"),
    "a word to go on, and then nothing": Attack(
        message(*_OPEN, "Content-Length: 100", "Expect: 100-continue"), 408, "REQUEST_TIMEOUT"
    ),
    "half of a second request": Attack(_KEPT + _KEPT[:60], 408, "REQUEST_TIMEOUT"),
}
"""What the server has to give up on by itself."""

ATTACKS: Table = {**GARBAGE, **CHUNKS}
