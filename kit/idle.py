"""How long a connection may wait for its next request: one timer, not one after each answer."""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import Context

_OUTSIDE = Context()
"""Of the timer, which would keep the request that began it for as long as the connection lasts."""


class Idle:
    """`ended` is called when it has been idle for so many seconds."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, ended: Callable[[], None]) -> None:
        self.since: float | None = None
        """In seconds of the loop's time, while it is."""
        self._loop = loop
        self._seconds = seconds
        self.ended = ended
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self.since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look, context=_OUTSIDE)

    def stop(self) -> None:
        """The connection is gone."""
        self.since = None
        if self._timer:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self.since is None:
            return
        left = self.since + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look, context=_OUTSIDE)
        else:
            self.ended()


def longest_idle(all_of: Iterable[Idle]) -> Idle | None:
    idle = [each for each in all_of if each.since is not None]
    return min(idle, key=lambda each: each.since or 0, default=None)
