"""Several batches at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random

from cli.simulator.desk import Desk
from cli.simulator.pace import Pace
from cli.simulator.places import Places
from cli.simulator.play import Play
from cli.simulator.publisher import Publisher
from cli.simulator.refused import RefusedError
from cli.simulator.story import Chances, Story, story
from cms_service.contract import SchoolClass
from ras_service.lifecycle import BatchState

AT_ONCE = 8
"""Those that wait for a teacher at the screen do not count."""


@dataclass
class Tally:
    """`left` wait for the teacher; `broken_off` are those of which a service refused something."""

    ended: Counter[BatchState] = field(default_factory=Counter)
    left: int = 0
    broken_off: int = 0


class Simulation:
    """`tell` is given what a person may want to know. `every`: seconds from batch to batch, at speed 1."""

    def __init__(
        self,
        desk: Desk,
        publisher: Publisher,
        *,
        tell: Callable[[str], None],
        speed: float = 1,
        every: tuple[float, float] = (5, 20),
        chances: Chances = Chances(),  # noqa: B008  frozen
    ) -> None:
        self.tally = Tally()
        self._desk = desk
        self._publisher = publisher
        self._tell = tell
        self._every = every
        self._chances = chances
        self._rng = Random()
        self._pace = Pace(self._rng, speed)
        self._places = Places()

    async def run(self, batches: int | None) -> None:
        """Until so many have ended or wait for their teacher; without a number, for ever."""
        started: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as plays:
            for _ in count() if batches is None else range(batches):
                await self._places.fewer_than(AT_ONCE)
                self._places.take()
                started = [*(each for each in started if not each.done()), plays.create_task(self._play())]
                await self._pace.take(*self._every)
            await self._places.fewer_than(1)
            waiting = [each for each in started if not each.done()]
            self.tally.left = len(waiting)
            for each in waiting:
                each.cancel()

    async def _play(self) -> None:
        try:
            told = await self._story()
            self._tell(f"handed in: {told}")
            publish = self._publisher.of_batch(told.batch_id)
            await Play(told, self._desk, publish, self._pace, lambda: self._waiting(told)).run()
            self.tally.ended[told.end] += 1
            self._tell(f"{told.end}: {told}")
        except RefusedError as error:
            self.tally.broken_off += 1
            self._tell(f"broken off: {error}")
        finally:
            self._places.give_back()

    @contextmanager
    def _waiting(self, told: Story) -> Iterator[None]:
        self._tell(f"waits for its teacher: {told}")
        with self._places.lent():
            yield

    async def _story(self) -> Story:
        group = await self._group()
        roster = await self._desk.roster(group.id) if group else []
        return story(self._rng, self._chances, group, roster)

    async def _group(self) -> SchoolClass | None:
        """Of the classes that have anybody who could hand in."""
        classes = [each for each in await self._desk.classes() if each.student_count]
        return self._rng.choice(classes) if classes and self._rng.random() >= self._chances.guest else None
