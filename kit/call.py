"""What travels with a call from service to service: who asked for it, under which id, and by when."""

import re
import time
from contextvars import ContextVar

from msgspec import Struct

from kit.ids import is_uuid, random_id

CORRELATION_ID = "X-Correlation-ID"
DEADLINE_MS = "X-Request-Deadline-Ms"
TRACEPARENT = "traceparent"

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


class Call(Struct, frozen=True):
    """`expires_at` is in seconds of `time.monotonic()`."""

    correlation_id: str
    expires_at: float
    traceparent: str | None = None

    def until(self, expires_at: float) -> "Call":
        """The same with another deadline."""
        return Call(self.correlation_id, expires_at, self.traceparent)

    def remaining(self) -> float:
        """Seconds that are left; negative when the deadline has passed."""
        return self.expires_at - time.monotonic()


current_call: ContextVar[Call] = ContextVar("current_call")


def renew_call(seconds: float) -> None:
    """For what goes on in the same task, as a stream does from one event to the next: so much time from now."""
    current_call.set(current_call.get().until(time.monotonic() + seconds))


def begin_call(correlation_id: str | None, traceparent: str | None, budget: float) -> Call:
    """A call of `budget` seconds; an id that is no UUID and a malformed traceparent are replaced or dropped."""
    known = correlation_id is not None and is_uuid(correlation_id)
    return Call(
        correlation_id.lower() if correlation_id and known else random_id(),
        time.monotonic() + budget,
        traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None,
    )
