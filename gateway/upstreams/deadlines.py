"""Futures that wait until a time each, by one timer for all: most are done long before, and a timer each costs more."""

import asyncio
import math
import time

_CLOCK_SECONDS = 0.001
"""uvloop's timers are that fine, and may come so early."""


class Deadlines:
    """Of one event loop. Times are in seconds of `time.monotonic()`."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Future[None], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = math.inf
        """When the timer goes off: not after the earliest of them."""

    def add(self, waiter: asyncio.Future[None], until: float) -> None:
        """Then it is done, if it is not before."""
        self._until[waiter] = until
        if until < self._due:
            self._set(waiter.get_loop(), until)

    def remove(self, waiter: asyncio.Future[None]) -> None:
        self._until.pop(waiter, None)

    def _set(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._due = due
        self._timer = loop.call_later(due - time.monotonic(), self._pass, loop)

    def _pass(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, self._due = None, math.inf
        now = time.monotonic() + _CLOCK_SECONDS
        for waiter in [waiter for waiter, until in self._until.items() if until <= now]:
            del self._until[waiter]
            if not waiter.done():
                waiter.set_result(None)
        if self._until:
            self._set(loop, min(self._until.values()))
