"""Who is let in: so many requests of a teacher per second, and so many of all at once.

What does not get a turn within a second would mostly be answered too late. To say so at once keeps the rest quick.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from gateway.context import Identity
from gateway.http.rates import Rates
from gateway.settings import GatewaySettings
from kit.errors import RateLimitError, UnavailableError

_RETRY = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """`per_second` 0: as many as they like."""

    executing: int
    queued: int
    queue_seconds: float
    per_second: float
    burst: int

    @classmethod
    def of(cls, settings: GatewaySettings) -> Self:
        return cls(
            settings.max_executing,
            settings.max_queued,
            settings.queue_seconds,
            settings.teacher_requests_per_second,
            settings.teacher_request_burst,
        )


class Admission:
    """Of one process. `async with` it around what is executed: first come, first served."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self.limits = limits
        self._rates = Rates(limits.per_second, limits.burst) if limits.per_second else None
        self._free = limits.executing
        # While somebody waits nothing is free: what becomes free is handed to the first.
        self._waiting: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    @property
    def executing(self) -> int:
        return self.limits.executing - self._free

    @property
    def queued(self) -> int:
        return len(self._waiting)

    def counts(self) -> Mapping[tuple[str, ...], float]:
        """For the metrics."""
        return {("executing",): self.executing, ("queued",): self.queued}

    def charge(self, identity: Identity) -> None:
        """For one request. Raises RateLimitError."""
        if self._rates is None:
            return
        wait = self._rates.take(identity.user_id)
        if wait:
            limits = self.limits
            many = f"{limits.per_second:g} requests a second, and {limits.burst} at once after a pause"
            raise RateLimitError(f"A teacher may send {many}.", headers={"Retry-After": str(math.ceil(wait))})

    async def turn(self) -> None:
        """To begin what then only waits. Raises UnavailableError."""
        async with self:
            pass

    async def __aenter__(self) -> None:
        """Raises UnavailableError."""
        if not self.begins():
            await self.begun()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begins(self) -> bool:
        """Whether it is one's turn at once; else it is when `begun` is done. Either way `end` ends it."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def begun(self) -> None:
        """Raises UnavailableError."""
        if len(self._waiting) >= self.limits.queued:
            raise UnavailableError(f"{self._at_once()}, and {self.limits.queued} wait for their turn.", headers=_RETRY)
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting[turn] = None
        impatience = loop.call_later(self.limits.queue_seconds, partial(self._give_up, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if self._waiting.pop(turn, turn) is turn and not turn.cancelled() and not turn.exception():
                self.end()  # it was this one's turn already
            raise
        finally:
            impatience.cancel()

    def end(self) -> None:
        while self._waiting:
            turn, _ = self._waiting.popitem(last=False)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _give_up(self, turn: "asyncio.Future[None]") -> None:
        if self._waiting.pop(turn, turn) is None and not turn.done():
            told = f"{self._at_once()}, and none of them was done within {self.limits.queue_seconds:g} s."
            turn.set_exception(UnavailableError(told, headers=_RETRY))

    def _at_once(self) -> str:
        return f"{self.limits.executing} requests are executed at once"
