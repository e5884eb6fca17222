"""How long to wait after failures."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """In seconds; doubles with each failure, and spreads those who failed together."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """`failures` in a row, from 1."""
        longest = min(self.first * 2.0 ** min(failures - 1, 30), self.longest)
        return longest * random.uniform(0.5, 1)  # noqa: S311  spreads, hides nothing


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Until the event, or so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # unlike wait_for of Python 3.11 it never swallows a cancellation
            await event.wait()
