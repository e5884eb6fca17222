"""CORS by a list of origins, for HTTP and for WebSockets, to which browsers do not apply it.

No cookie is ever read, so `Access-Control-Allow-Credentials` is never sent. Starlette's own middleware refuses in plain
text, answers preflights of every path, and lets any page open a WebSocket.
"""

from collections.abc import Sequence

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.csrf import FORCING
from gateway.http.origins import Origins
from gateway.upstreams.cms_writing import IDEMPOTENCY_KEY
from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT

log = structlog.get_logger("access")

METHODS = ("GET", "POST", "QUERY")
HEADERS = (
    "Authorization",
    "Content-Type",
    "Last-Event-ID",
    IDEMPOTENCY_KEY,
    CORRELATION_ID,
    DEADLINE_MS,
    TRACEPARENT,
    "tracestate",
    "apollographql-client-name",
    "apollographql-client-version",
    *FORCING,
)
EXPOSED = (CORRELATION_ID, "Retry-After", "WWW-Authenticate")
MAX_AGE_SECONDS = 600
"""How long a browser need not ask again; after that, an origin that is not listed any more notices."""
ASKED_METHOD = b"access-control-request-method"
REFUSED = 1008
"""Before it is accepted, the server tells a socket's client 403."""


def listed(names: Sequence[str]) -> bytes:
    return ", ".join(names).encode()


ANSWER = [(b"access-control-expose-headers", listed(EXPOSED))]
PREFLIGHT = [
    (b"access-control-allow-methods", listed(METHODS)),
    (b"access-control-allow-headers", listed(HEADERS)),
    (b"access-control-max-age", str(MAX_AGE_SECONDS).encode()),
]


class Cors:
    """Outside everything else, so that a page may read what is refused, too. `paths` are beginnings."""

    def __init__(self, app: ASGIApp, origins: Origins, paths: tuple[str, ...]) -> None:
        self.app = app
        self.origins = origins
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = [] if scope["type"] == "lifespan" else [value for name, value in scope["headers"] if name == b"origin"]
        if not told:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(told, scope, receive, send)
        elif len(told) > 1 or not self.origins.lists(told[0]) or not scope["path"].startswith(self.paths):
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and any(name == ASKED_METHOD for name, _ in scope["headers"]):
            await self._preflight(allowing(send, told[0]))
        else:
            await self.app(scope, receive, allowing(send, told[0]))

    async def _socket(self, told: list[bytes], scope: Scope, receive: Receive, send: Send) -> None:
        if len(told) == 1 and self.origins.admits(told[0], scope):
            await self.app(scope, receive, send)
            return
        log.info("socket", path=scope["path"], code=REFUSED, refused="origin", origin=told[0].decode("latin-1")[:200])
        await send({"type": "websocket.close", "code": REFUSED})

    async def _preflight(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": PREFLIGHT})
        await send({"type": "http.response.body", "body": b""})


def allowing(send: Send, origin: bytes) -> Send:
    async def send_allowing(message: Message) -> None:
        if message["type"] == "http.response.start":
            allowed = (b"access-control-allow-origin", origin)
            message["headers"] = [*message.get("headers", ()), allowed, *ANSWER]
        await send(message)

    return send_allowing
