"""WebSockets: frames that are none, messages that are none, and too much of what would be one."""

import json
import struct
from typing import Any, NamedTuple

from tests.attacks.documents import doubling, nested
from tests.attacks.wording import AUTHORIZED, VIEWER, message
from tests.support.answering import HANDSHAKE

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_CLOSED = 1000


class Socket(NamedTuple):
    """What is sent once the socket is open; `code`: what it is closed with. `says` is in what came before that."""

    sent: bytes
    code: int
    says: str = ""
    fields: tuple[str, ...] = ()
    protocol: str | None = "graphql-transport-ws"
    stays: bool = False
    """Open, until the client has read what it is told and says goodbye."""

    @property
    def handshake(self) -> bytes:
        own = [f"Sec-WebSocket-Protocol: {self.protocol}"] if self.protocol else []
        return message(*HANDSHAKE, *own, *(self.fields or (AUTHORIZED,)), first="GET /graphql HTTP/1.1")


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    last: bool = True,
    reserved: int = 0,
    masked: bool = True,
    size: int | None = None,
) -> bytes:
    """`size`: what it says in place of its length."""
    length = len(payload) if size is None else size
    first, mask = (0x80 if last else 0) | reserved << 4 | opcode, 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mask | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, mask | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask | 127, length)
    return head + (bytes(4) if masked else b"") + payload


def text(value: Any) -> bytes:
    return frame(TEXT, (value if isinstance(value, str) else json.dumps(value)).encode())


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def subscribe(query: str = VIEWER, id: Any = "1", **more: Any) -> bytes:
    return text({"id": id, "type": "subscribe", "payload": {"query": query, **more}})


INIT = text({"type": "connection_init"})
BYE = closing(_CLOSED)
UPDATES = "subscription { teacherUpdates { at } }"


def after_init(*sent: bytes, code: int, says: str = "") -> Socket:
    return Socket(INIT + b"".join(sent), code, says)


def answered(*sent: bytes, says: str) -> Socket:
    return after_init(*sent, code=_CLOSED, says=says)._replace(stays=True)


def init(payload: Any, *fields: str) -> Socket:
    """Somebody who is not let in."""
    return Socket(text({"type": "connection_init", "payload": payload}), 4403, fields=fields or ("X: x",))


FRAMES = {
    "a frame without a mask": Socket(frame(TEXT, b"{}", masked=False), 1002),
    "a reserved bit": Socket(frame(TEXT, b"{}", reserved=4), 1002),
    "another reserved bit": Socket(frame(TEXT, b"{}", reserved=2), 1002),
    "all reserved bits": Socket(frame(TEXT, b"{}", reserved=7), 1002),
    "an unknown kind of data": Socket(frame(3, b"{}"), 1002),
    "an unknown kind of control": Socket(frame(11), 1002),
    "the end of what has not begun": Socket(frame(0, b"{}"), 1002),
    "a message within another": Socket(frame(TEXT, b"{", last=False) + frame(TEXT, b"}"), 1002),
    "a ping in parts": Socket(frame(PING, b"a", last=False), 1002),
    "a long ping": Socket(frame(PING, b"a" * 126), 1002),
    "a long goodbye": Socket(frame(CLOSE, struct.pack("!H", 1000) + b"a" * 200), 1002),
    "half a code": Socket(frame(CLOSE, b"\x03"), 1002),
    "a code that is none": Socket(closing(999), 1002),
    "a code that may not be sent": Socket(closing(1005), 1002),
    "a goodbye not in UTF-8": Socket(closing(1000, b"\xff"), 1007),
    "a text not in UTF-8": Socket(frame(TEXT, b"\xff\xfe"), 1007),
    "a text that ends within a letter": Socket(frame(TEXT, b"\xc3", last=False) + frame(0, b""), 1007),
    "half a surrogate": Socket(frame(TEXT, b'"\xed\xa0\x80"'), 1007),
    "binary": Socket(frame(BINARY, b'{"type":"connection_init"}'), 4400),
    "said to be 8 exabytes": Socket(frame(TEXT, b"{", size=2**63 - 1), 1009),
    "said to be more than there is": Socket(frame(TEXT, b"{", size=2**63), 1009),
    "said to be a gigabyte": Socket(frame(TEXT, b"{", size=2**30), 1009),
    "three hundred kilobytes": Socket(text({"type": "ping", "payload": {"a": "a" * 300_000}}), 4400),
    "a megabyte": Socket(text({"type": "ping", "payload": {"a": "a" * 1_000_000}}), 1009),
    "a megabyte in parts": Socket(
        frame(TEXT, b"a" * 60_000, last=False) + frame(0, b"a" * 60_000, last=False) * 20, 1009
    ),
    "two thousand parts of nothing": Socket(frame(TEXT, b"", last=False) + frame(0, b"", last=False) * 2_000, 1008),
    "two thousand parts of a byte": Socket(frame(TEXT, b"{", last=False) + frame(0, b" ", last=False) * 2_000, 1008),
    "two thousand pings": Socket(frame(PING, b"a" * 125) * 2_000, 1008),
    "two thousand pongs": Socket(frame(PONG, b"a" * 125) * 2_000, 1008),
    "two goodbyes": Socket(BYE + BYE, 1000),
    "a goodbye, and more": Socket(BYE + INIT + subscribe() * 1_000, 1000),
    "HTTP again": Socket(b"GET /metrics HTTP/1.1\r\nHost: gateway.test\r\n\r\n", 1002),
    "garbage": Socket(bytes(range(256)) * 100, 1002),
}

MESSAGES = {
    "a list": Socket(text("[]"), 4400),
    "null": Socket(text("null"), 4400),
    "no JSON": Socket(text("{"), 4400),
    "a message without a type": Socket(text("{}"), 4400),
    "an unknown type": Socket(text({"type": "start", "id": "1", "payload": {}}), 4400),
    "a type of the server's": Socket(text({"type": "connection_ack"}), 4400),
    "deep": Socket(text("[" * 200_000), 4400),
    "a deep payload": Socket(text('{"type":"ping","payload":{"a":' + "[" * 90_000 + "]" * 90_000 + "}}"), 4400),
    "an operation before everything": Socket(subscribe(), 4401),
    "an operation before everything, and a bad one": Socket(subscribe("{" * 60_000), 4401),
    "twice begun": after_init(INIT, code=4429),
    "a hundred times begun": after_init(INIT * 100, code=4429),
    "an empty id": after_init(subscribe(id=""), code=4400),
    "a long id": after_init(subscribe(id="a" * 129), code=4400),
    "an object for an id": after_init(subscribe(id={"$ne": 1}), code=4400),
    "an operation of nothing": after_init(text({"id": "1", "type": "subscribe", "payload": {}}), code=4400),
    "an operation of null": after_init(text({"id": "1", "type": "subscribe", "payload": None}), code=4400),
    "variables that are a list": after_init(subscribe(variables=[]), code=4400),
    "an id twice": after_init(subscribe(UPDATES), subscribe(UPDATES), code=4409),
    "an end of what has not begun": answered(text({"id": "1", "type": "complete"}) * 500, says="connection_ack"),
    "a prototype for an id": answered(subscribe(id="__proto__"), says='"id":"__proto__"'),
    "a thousand pings": answered(text({"type": "ping"}) * 1_000, says='"type":"pong"'),
    "large pings": answered(text({"type": "ping", "payload": {"a": "a" * 200_000}}) * 20, says='"type":"pong"'),
    "begun and ended": answered(
        (subscribe(UPDATES) + text({"id": "1", "type": "complete"})) * 50, says="connection_ack"
    ),
    "more than a teacher may ask": answered(*(subscribe(UPDATES, f"{each}") for each in range(150)), says="RATE_LIMIT"),
    "a deep document": answered(subscribe(nested(11)), subscribe(UPDATES, "2"), says="levels of fields; at most 10"),
    "a document of fragments": answered(subscribe(doubling(45)), says="1,000,000 or more fragment spreads"),
    "the schema": answered(subscribe("{ __schema { types { name } } }"), says="introspection is off here"),
    "somebody else's batch": answered(
        subscribe('subscription { batchUpdated(batchId: "4f8b3f2e-6b0e-4c0e-9f7e-0a1b2c3d4e5f") { at } }'),
        says='"type":"error"',
    ),
    "a cursor that is none": answered(
        subscribe('subscription { teacherUpdates(after: "../../etc/passwd") { at } }'), says='"type":"error"'
    ),
}

CALLERS = {
    "no token": Socket(INIT, 4403, fields=("X: x",)),
    "another scheme": init({"Authorization": "Basic dTpw"}),
    "a token that is none": init({"Authorization": "Bearer x.y.z"}),
    "a token that is a list": init({"Authorization": ["Bearer x.y.z"]}),
    "a token of 200,000 letters": init({"Authorization": f"Bearer {'x' * 200_000}"}),
    "a bad token beside a good one": init({"Authorization": "Bearer x.y.z"}, AUTHORIZED),
    "two tokens in one payload": init({"Authorization": "Bearer a", "authorization": "Bearer b"}, AUTHORIZED),
    "a token in the address": init({"token": "x"}, "X-Authorization: Bearer @TOKEN@"),
    "another protocol": Socket(INIT, 4406, protocol="graphql-ws"),
    "no protocol": Socket(INIT, 4406, protocol=None),
    "a thousand protocols": Socket(INIT, 4406, protocol=", ".join(f"a{each}" for each in range(1_000))),
    "compression, and a bomb": Socket(
        frame(TEXT, b"\x78\x9c" * 100, reserved=4), 1002, fields=("Sec-WebSocket-Extensions: permessage-deflate",)
    ),
}

SLOW = {
    "nothing": Socket(b"", 4408),
    "pings alone": Socket(text({"type": "ping"}) + frame(PING), 4408, '"type":"pong"'),
    "half a frame": Socket(INIT[:5], 4408),
    "half a message": Socket(frame(TEXT, b'{"type":', last=False), 4408),
}
"""Who does not begin within three seconds."""

ATTACKS = {**FRAMES, **MESSAGES, **CALLERS}


def goodbye(raw: bytes) -> tuple[int, bytes]:
    """Of the last frame: its code and reason. Frames of a server have no mask."""
    at, found = 0, (0, b"")
    while at + 10 <= len(raw) or (at + 2 <= len(raw) and raw[at + 1] < 126):
        opcode, size, at = raw[at] & 15, raw[at + 1], at + 2
        if size > 125:
            wide = 2 if size == 126 else 8
            size, at = int.from_bytes(raw[at : at + wide], "big"), at + wide
        payload, at = raw[at : at + size], at + size
        if opcode == CLOSE and at <= len(raw):
            found = int.from_bytes(payload[:2], "big"), payload[2:]
    return found
