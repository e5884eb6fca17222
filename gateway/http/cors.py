"""CORS by a list of origins, for HTTP and for WebSockets, to which browsers do not apply it.

No cookie is ever read, so `Access-Control-Allow-Credentials` is never sent. Starlette's own middleware refuses in plain
text, answers preflights of every path, and lets any page open a WebSocket.
"""

from collections.abc import Awaitable, Sequence

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.answer_headers import DEFAULTS
from gateway.http.csrf import FORCING
from gateway.http.origins import Origins
from gateway.upstreams.cms_writing import IDEMPOTENCY_KEY
from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT
from kit.exchange import ADDED
from kit.header_fields import fields

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

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "lifespan" or b"origin" not in fields(scope):
            return self.app(scope, receive, send)
        return self._from_a_page(scope, receive, send)

    async def _from_a_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = [value for name, value in scope["headers"] if name == b"origin"]
        if scope["type"] == "websocket":
            await self._socket(told, scope, receive, send)
        elif len(told) > 1 or not self.origins.lists(told[0]) or not scope["path"].startswith(self.paths):
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and ASKED_METHOD in fields(scope):
            await self._preflight(told[0], send)
        else:
            scope[ADDED] = (allowed(told[0]), *ANSWER)
            await self.app(scope, receive, send)

    async def _socket(self, told: list[bytes], scope: Scope, receive: Receive, send: Send) -> None:
        if len(told) == 1 and self.origins.admits(told[0], scope):
            await self.app(scope, receive, send)
            return
        log.info("socket", path=scope["path"], code=REFUSED, refused="origin", origin=told[0].decode("latin-1")[:200])
        await send({"type": "websocket.close", "code": REFUSED})

    async def _preflight(self, origin: bytes, send: Send) -> None:
        told = [*PREFLIGHT, allowed(origin), *ANSWER, *DEFAULTS]
        await send({"type": "http.response.start", "status": 204, "headers": told})
        await send({"type": "http.response.body", "body": b""})


def allowed(origin: bytes) -> tuple[bytes, bytes]:
    return b"access-control-allow-origin", origin
