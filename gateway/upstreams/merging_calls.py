"""Keys that several requests ask for while a call is under way go into the next one together.

It is for an endpoint that is declared shared, which answers everybody alike: the keys of several teachers go on behalf
of the first of them. It spares the upstream calls, and makes requests wait for each other.
Each is answered its own keys.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from gateway.upstreams.keyed import Found
from gateway.upstreams.refusals import LATE
from gateway.upstreams.transport import RESERVE_SECONDS, Session, Upstream
from kit.call import Call, current_call
from kit.errors import DeadlineError

V = TypeVar("V")
PATIENCE_SECONDS = 0.25
"""How long a call holds the next one back: one that hangs is not to take all that follow along."""


@dataclass(eq=False, slots=True)
class Waiter(Generic[V]):
    ids: Sequence[UUID]
    session: Session
    call: Call
    found: "asyncio.Future[Found[V]]"


class Merging(Generic[V]):
    """`read` asks for at most `at_most` ids, and answers each."""

    def __init__(
        self, upstream: Upstream, read: Callable[[Session, Sequence[UUID]], Awaitable[Found[V]]], at_most: int
    ) -> None:
        self._upstream = upstream
        self._read = read
        self._at_most = at_most
        self._queue: list[Waiter[V]] = []
        self._sending: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def read(self, session: Session, ids: Sequence[UUID]) -> Found[V]:
        """Raises DeadlineError."""
        if len(ids) > self._at_most:
            return await self._read(session, ids)
        call, loop = current_call.get(), asyncio.get_running_loop()
        waiter: Waiter[V] = Waiter(ids, session, call, loop.create_future())
        self._queue.append(waiter)
        self._sending = self._sending or loop.create_task(self._send())
        task = asyncio.current_task()
        assert task
        session.running.add(task)
        try:
            async with asyncio.timeout(call.remaining() - RESERVE_SECONDS):
                return await waiter.found
        except TimeoutError:
            error = DeadlineError(f"The {self._upstream.title} {LATE.said}")
            error.service = self._upstream.name
            raise error from None
        finally:
            session.running.discard(task)

    async def _send(self) -> None:
        """One call after the other, each with what has come up meanwhile, until nothing has."""
        try:
            while waiters := self._next():
                call = asyncio.create_task(self._call(waiters))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
                await asyncio.wait({call}, timeout=PATIENCE_SECONDS)
        finally:
            self._sending = None

    def _next(self) -> list[Waiter[V]]:
        """Those that still wait, in order, as many as one call takes."""
        waiting = [each for each in self._queue if not each.found.done()]
        ids: set[UUID] = set()
        fit = 0
        for each in waiting:
            ids.update(each.ids)
            if len(ids) > self._at_most:
                break
            fit += 1
        self._queue = waiting[fit:]
        return waiting[:fit]

    async def _call(self, waiters: Sequence[Waiter[V]]) -> None:
        """Under the longest deadline; given up when nobody waits any more."""
        task = asyncio.current_task()
        assert task

        def gone(_: object) -> None:
            if all(each.found.done() for each in waiters):
                task.cancel()

        first = waiters[0]
        current_call.set(first.call.until(max(each.call.expires_at for each in waiters)))
        for each in waiters:
            each.found.add_done_callback(gone)
        session = Session(first.session.user_id)
        try:
            ids = list(dict.fromkeys(key for each in waiters for key in each.ids))
            found = dict(zip(ids, await self._read(session, ids), strict=True))
        except BaseException:
            for each in waiters:
                each.found.cancel()
            raise
        for each in waiters:
            each.found.remove_done_callback(gone)
            each.session.calls.extend(session.calls)
            if not each.found.done():
                each.found.set_result([found[key] for key in each.ids])
