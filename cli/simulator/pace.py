"""How long things take outside."""

import asyncio
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Pace:
    """`speed` 1 is gentle: a batch takes some two minutes. 10 is ten times faster."""

    rng: Random
    speed: float = 1

    async def take(self, least: float, most: float) -> None:
        """In seconds, at speed 1."""
        await asyncio.sleep(self.rng.uniform(least, most) / self.speed)
