"""A subscriber that takes every event and counts them: `GET` tells how many so far."""

import msgspec
from starlette.types import Receive, Scope, Send

_decode = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Sink:
    def __init__(self) -> None:
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            self.taken += len(_decode(await _body(receive)))
        body = b'{"taken":%d}' % self.taken
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message["body"])
        more = message["more_body"]
    return b"".join(parts)
