"""When a request must be done. Most are by the time that anybody would look, so only the slow ones get a timer.

At the deadline the request's task is cancelled, which `ended_it` tells from being cancelled by somebody else.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from starlette.types import Scope

from kit.errors import DeadlineError

DEADLINE = "deadline"
SLOW_SECONDS = 0.02
"""A request that is older has been found to be slow."""


def late() -> DeadlineError:
    return DeadlineError("The deadline passed before the answer was ready.")


class Recent:
    """Deadlines that need no timer yet. One timer looks after all: what it finds for the second time is slow."""

    def __init__(self) -> None:
        self.new: dict[Deadline, None] = {}
        self._older: dict[Deadline, None] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        """In which the timer runs."""

    def look_in(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        loop.call_later(SLOW_SECONDS / 2, self._look)

    def _look(self) -> None:
        for each in tuple(self._older):
            each.slow()
        self._older, self.new = self.new, {}
        if self._older and self.loop:
            self.loop.call_later(SLOW_SECONDS / 2, self._look)
        else:
            self.loop = None


class Deadline:
    """Of the current task. `at`, and `latest`, when the caller gives up: in seconds of `time.monotonic()`."""

    __slots__ = ("_early", "_expired", "_loop", "_slow", "_timer", "_waiting", "at", "latest", "task", "then")

    def __init__(self, at: float, latest: float, recent: Recent) -> None:
        self.at = at
        self.latest = latest
        self._loop = loop = asyncio.get_running_loop()
        self.task = asyncio.current_task(loop)
        self._early = 0.0
        self._expired = self._slow = False
        self._timer: asyncio.TimerHandle | None = None
        self.then: Callable[[], object] | None = None
        """Called once the request is slow."""
        if recent.loop is not loop:
            recent.look_in(loop)
        self._waiting = recent.new
        recent.new[self] = None
        if at - time.monotonic() < SLOW_SECONDS:
            self.slow()

    def move(self, at: float) -> None:
        self.at = at
        self._check()

    def early(self, seconds: float) -> Self:
        """`with` it: what is inside must be done so long before. Raises DeadlineError at the end of that time, and at
        once where there is none."""
        left = self.at - seconds - time.monotonic()
        if left <= 0:
            raise late()
        self._early = seconds
        if self._slow or left < SLOW_SECONDS:
            self._check()
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._early = 0.0
        if not self._slow:
            return
        ended_it = self.ended_it()
        self._check()
        if ended_it and kind is asyncio.CancelledError:
            raise late() from None

    def when_slow(self, then: Callable[[], object]) -> None:
        """In place of what was to be called before; at once, where it is slow already."""
        self.then = then
        if self._slow:
            then()

    def ended_it(self) -> bool:
        """Whether the deadline alone has cancelled the task; the task is not cancelled any more, then."""
        expired, self._expired = self._expired, False
        return expired and self.task is not None and self.task.uncancel() == 0

    def end(self) -> None:
        self._waiting.pop(self, None)
        # An idle connection keeps its last request's scope, and that us.
        self.then = self.task = None
        if self._timer:
            self._timer.cancel()

    def slow(self) -> None:
        if not self._slow:
            self._waiting.pop(self, None)
            self._slow = True
            self._check()
            if self.then:
                self.then()

    def _check(self) -> None:
        """Sets the timer, if it is time for one."""
        left = self.at - self._early - time.monotonic()
        if self._slow:
            if self._timer:
                self._timer.cancel()
            self._timer = self._loop.call_later(max(0, left), self._expire)
        elif left < SLOW_SECONDS:
            self.slow()

    def _expire(self) -> None:
        if self.task and not self._expired:
            self._expired = True
            self.task.cancel()


def deadline_of(scope: Scope) -> Deadline:
    found = scope[DEADLINE]
    assert isinstance(found, Deadline)
    return found
