"""`Idempotency-Key`: a create that is sent again has the answer that it had, for 24 hours."""

import re
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request

from cms_service.queries import idempotency
from cms_service.queries.idempotency import Remembered
from kit.auth import acting_user
from kit.db import Connection
from kit.errors import ConflictError, invalid

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """At a create, by a client that may send it again. `request_hash` is of method, path and body."""

    user_id: str
    key: str
    request_hash: bytes

    async def earlier(self, connection: Connection) -> Remembered | None:
        """The answer of the attempt that succeeded; holds off all others until this transaction ends.

        Raises ConflictError while another one is under way, and for a key that was another request's.
        """
        if not await idempotency.lock(connection, self.user_id, self.key):
            raise ConflictError(f"The request with this {IDEMPOTENCY_KEY} is still being worked on.")
        found = await idempotency.recall(connection, self.user_id, self.key)
        if found and found.request_hash != self.request_hash:
            raise ConflictError(f"This {IDEMPOTENCY_KEY} was another request's.")
        return found

    async def remember(self, connection: Connection, status: int, location: str, body: bytes) -> None:
        answer = Remembered(self.request_hash, status, location, body)
        await idempotency.remember(connection, self.user_id, self.key, answer)


async def attempt(request: Request) -> Attempt | None:
    """None for a request without the header. Raises ValidationError for what is no key."""
    keys = request.headers.getlist(IDEMPOTENCY_KEY)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise invalid(IDEMPOTENCY_KEY, "must be given once, with 1 to 255 printable ASCII characters")
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Attempt(acting_user(request), keys[0], sha256(asked).digest())
