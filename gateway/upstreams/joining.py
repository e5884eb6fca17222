"""A teacher's reads that are the same and under way at once are sent once.

The first caller's is sent, and whoever asks the same meanwhile waits for its answer, each for as long as they have
time; it is given up when nobody waits any more. Nobody joins what began before a change of the same teacher was over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from gateway.upstreams.answer import Answer

T = TypeVar("T")
Key: TypeAlias = tuple[Any, ...]
"""Begins with the teacher."""
LATE_STATUS = 504


def key_of(user_id: str, method: str, path: str, params: Mapping[str, Any] | None, body: bytes | None) -> Key:
    """Headers are not in it: those of a read that differ are the teacher's, and what follows a trace."""
    if not params:
        return user_id, method, path, body
    for value in params.values():
        if isinstance(value, list):
            return user_id, method, path, body, repr(params)
    return user_id, method, path, body, *params.items()


class Flight:
    """One call under way. `begun` and `until`, which is what the upstream was told, are in the loop's time."""

    # Not in __init__, which every call pays for.
    landed = False
    _counted = False
    _answer: Answer | None = None
    _error: Exception | None = None
    _traceback: TracebackType | None = None
    _decoded: tuple[Any, Any] | None = None
    _task: asyncio.Task[None]

    def __init__(self, key: Key | None, table: "dict[Key, Flight]", begun: float, until: float) -> None:
        self.key = key
        self.table = table
        self.begun = begun
        self.until = until
        self._waiting: list[asyncio.Future[None]] = []

    def begin(self, loop: asyncio.AbstractEventLoop, send: Callable[[], Awaitable[Answer]]) -> None:
        if self.key is not None:
            self.table[self.key] = self
        self._task = loop.create_task(self._fly(send))

    async def answer(self, loop: asyncio.AbstractEventLoop, until: float) -> Answer:
        """Raises TimeoutError by then, and what sending it raised."""
        waiter = loop.create_future()
        self._waiting.append(waiter)
        timer = loop.call_at(until, give_up, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._leave(waiter)
        if self._error is not None:
            raise self._error.with_traceback(self._traceback)  # without what others added to it
        if self._answer is None:
            raise TimeoutError
        return self._answer

    def decoded(self, of: Any, decode: Callable[[], T]) -> T:
        """Once for all who wait: nobody changes what an upstream answered."""
        if self._decoded is None or self._decoded[0] != of:
            self._decoded = of, decode()
        value: T = self._decoded[1]
        return value

    def outlived(self, until: float) -> bool:
        """Whether it ended for want of time, as far as the upstream was told, for one who has more."""
        late = isinstance(self._error, TimeoutError) or (
            self._answer is not None and self._answer.status == LATE_STATUS
        )
        return late and self.until < until

    def count(self) -> bool:
        """True once: when it has an answer, or when nobody waits for one any more."""
        if self._counted or (self._waiting and not self.landed):
            return False
        self._counted = True
        return True

    async def _fly(self, send: Callable[[], Awaitable[Answer]]) -> None:
        try:
            self._answer = await send()
        except Exception as error:  # noqa: BLE001  raised where somebody waits
            self._error, self._traceback = error, error.__traceback__
        finally:
            self.landed = True
            self._close()
            for waiter in self._waiting:
                if not waiter.done():
                    waiter.set_result(None)

    def _leave(self, waiter: asyncio.Future[None]) -> None:
        self._waiting.remove(waiter)
        if not (self._waiting or self.landed):
            self._close()
            self._task.cancel()

    def _close(self) -> None:
        """Nobody joins it any more."""
        if self.key is not None and self.table.get(self.key) is self:
            del self.table[self.key]


class Flights:
    """Of one upstream. `within`: how many seconds after its beginning a read can be joined; 0 joins none.

    It bounds what one that hangs takes along, and how old an answer can be after a change that another process made.
    """

    def __init__(self, within: float) -> None:
        self._within = within
        self._open: dict[Key, Flight] = {}

    def join(
        self,
        loop: asyncio.AbstractEventLoop,
        key: Key | None,
        seconds: float,
        send: Callable[[], Awaitable[Answer]],
    ) -> tuple[Flight, float, bool]:
        """With the end of its seconds in the loop's time, and whether it was under way already; if not, it is now.

        Without a key, it is nobody else's.
        """
        now = loop.time()
        until = now + seconds
        flight = self._open.get(key) if key is not None else None
        if flight and now - flight.begun < self._within:
            return flight, until, True
        flight = Flight(key, self._open, now, until)
        flight.begin(loop, send)
        return flight, until, False

    def changed(self, user_id: str) -> None:
        """What is under way for this teacher may have been read before the change."""
        for key in [each for each in self._open if each[0] == user_id]:
            del self._open[key]


def give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
