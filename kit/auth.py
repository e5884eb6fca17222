"""Who calls a service: another service of ours, by key and name, on behalf of a user or of nobody."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.errors import AuthenticationError, invalid
from kit.ids import is_user_id

INTERNAL_API_KEY = "X-Internal-API-Key"
SERVICE_ID = "X-Service-ID"
USER_ID = "X-User-ID"
_KEY, _SERVICE_ID, _USER_ID = (each.lower().encode() for each in (INTERNAL_API_KEY, SERVICE_ID, USER_ID))
"""As a server gives them."""

CHALLENGE = 'InternalApiKey realm="internal"'
"""A scheme of ours: an answer 401 must name one, and none that is registered has a key in a header of its own."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`user_id` is believed because the internal key was right."""

    service_id: str
    user_id: str | None


class InternalCredentials:
    """Middleware: refuses a call without the internal key and a known service id; `caller` tells who it was.

    `user_required`: a call on behalf of nobody is refused, too.
    """

    def __init__(self, app: ASGIApp, key: str, services: Sequence[str], *, user_required: bool = False) -> None:
        self.app = app
        self.key = key.encode()
        self.services = frozenset(services)
        self.user_required = user_required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["caller"] = self._identify(scope["headers"])
        await self.app(scope, receive, send)

    def _identify(self, headers: Sequence[tuple[bytes, bytes]]) -> Caller:
        first = dict(reversed(headers))  # of each name
        service_id = first.get(_SERVICE_ID, b"").decode("latin-1")
        if not hmac.compare_digest(first.get(_KEY, b""), self.key) or service_id not in self.services:
            raise _refused(f"{INTERNAL_API_KEY} and {SERVICE_ID} of a known service are required.")
        given = first.get(_USER_ID)
        if given is None and self.user_required:
            raise _refused(f"{USER_ID} is required: nothing here is done on nobody's behalf.")
        user_id = None if given is None else given.decode("latin-1")
        if user_id is not None and not is_user_id(user_id):
            raise invalid(USER_ID, "must be 1 to 128 of A-Z a-z 0-9 _ . : | @ - and neither . nor ..")
        return Caller(service_id, user_id)


def _refused(message: str) -> AuthenticationError:
    return AuthenticationError(message, headers={"WWW-Authenticate": CHALLENGE})


def caller(request: Request) -> Caller:
    identified = request.scope["caller"]
    assert isinstance(identified, Caller)
    return identified


def acting_user(request: Request) -> str:
    """On whose behalf, where the credentials require it."""
    user_id = caller(request).user_id
    assert user_id is not None
    return user_id
