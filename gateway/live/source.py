"""One service's updates of a teacher, by polls: those that answer at once, and those that wait for news."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
import structlog

from gateway.errors import CursorExpiredError
from gateway.live.payloads import PAYLOADS, Payload
from gateway.upstreams.http1.request import query_of
from gateway.upstreams.refusals import RefusedError
from gateway.upstreams.transport import RESERVE_SECONDS, Session, Upstream
from kit.call import begin_call, current_call
from kit.errors import GoneError, ServiceError
from kit.events.backoff import Backoff

T = TypeVar("T")
log = structlog.get_logger("live")

UPDATES = "/internal/v1/users/{user_id}/updates"
WAIT_SECONDS = 25
WORK_SECONDS = 5
"""What a poll may take beside its wait."""
POLL_SECONDS = WAIT_SECONDS + WORK_SECONDS
BACKOFF = Backoff(first=0.2, longest=10)


@dataclass
class RawUpdate:
    seq: int
    type: str
    payload: msgspec.Raw
    created_at: datetime


@dataclass
class RawPage:
    updates: list[RawUpdate]
    cursor: int


@dataclass(frozen=True, slots=True)
class Update:
    """`seq` orders the updates of one teacher and service."""

    service: str
    seq: int
    kind: StrEnum
    payload: Payload
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is what the next page follows."""

    updates: list[Update]
    cursor: int


class Source:
    """`quick` is for polls that answer at once, `patient` for those that wait: it has connections of its own.

    Its calls are no request's: each has a correlation id and a deadline of its own.
    """

    def __init__(self, quick: Upstream, patient: Upstream) -> None:
        self.name = quick.name
        self._quick = quick
        self._patient = patient

    async def start(self, user_id: str) -> int:
        """After it comes all that is committed from now on. Raises ServiceError."""
        page = await self._ask(self._quick, user_id, {}, self._quick.limits.timeout)
        return page.cursor

    async def page(self, user_id: str, after: int) -> Page:
        """What there is by now. Raises ServiceError, and CursorExpiredError when what followed is gone."""
        return self._read(user_id, await self._ask(self._quick, user_id, {"after": after}, self._quick.limits.timeout))

    async def news(self, user_id: str, after: int) -> Page:
        """What comes next; nothing, when nothing does for so long. Raises as `page` does."""
        params = {"after": after, "wait": WAIT_SECONDS}
        return self._read(user_id, await self._ask(self._patient, user_id, params, POLL_SECONDS))

    async def _ask(self, upstream: Upstream, user_id: str, params: dict[str, Any], seconds: float) -> RawPage:
        current_call.set(begin_call(None, None, seconds + RESERVE_SECONDS))
        try:
            return await upstream.call(
                Session(user_id), "GET", UPDATES, RawPage, at={"user_id": user_id}, query=query_of(params), join=False
            )
        except RefusedError as error:
            if error.answered != GoneError.status:
                raise
            raise CursorExpiredError("What followed the cursor is gone: read anew, and subscribe without it.") from None

    def _read(self, user_id: str, page: RawPage) -> Page:
        if page.updates:
            self._quick.flights.changed(user_id)  # who is told reads what is so by now
        updates = (self._update(each) for each in page.updates)
        return Page([each for each in updates if each], page.cursor)

    def _update(self, raw: RawUpdate) -> Update | None:
        """None, and a line in the log, for what nobody here can read: one update may not end a stream for ever."""
        try:
            kind = next(each for each in PAYLOADS if each.value == raw.type)
            payload = msgspec.json.decode(raw.payload, type=PAYLOADS[kind])
        except (StopIteration, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.warning("unreadable update", service=self.name, type=raw.type, seq=raw.seq, reason=repr(error))
            return None
        return Update(self.name, raw.seq, kind, payload, raw.created_at)


async def persistently(ask: Callable[[], Awaitable[T]]) -> T:
    """Until it succeeds, however long the service is away. Raises CursorExpiredError, which no patience mends."""
    failures = 0
    while True:
        try:
            return await ask()
        except CursorExpiredError:
            raise
        except ServiceError:  # its line in the log is the transport's
            failures += 1
        await asyncio.sleep(BACKOFF.after(failures))
