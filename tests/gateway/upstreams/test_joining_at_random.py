"""Callers who come, go and change things as chance has it: each gets what is so, or their own failure."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from kit.errors import ServiceError, UnavailableError
from tests.support.held import Sent, Stage, told, turns

pytestmark = pytest.mark.asyncio(loop_scope="function")

TEACHERS, PATHS = ("t-1", "t-2"), ("/v1/a", "/v1/b")


@dataclass
class World:
    """What each teacher's version is; a change raises it when it is answered."""

    chance: random.Random
    stage: Stage = field(default_factory=Stage)
    versions: Counter[str] = field(default_factory=Counter)
    waits: dict["asyncio.Task[Any]", tuple[str, str, int]] = field(default_factory=dict)
    cancelled: set["asyncio.Task[Any]"] = field(default_factory=set)
    read_at: dict[int, int] = field(default_factory=dict)
    begun: int = 0

    def come(self) -> None:
        teacher, path = self.chance.choice(TEACHERS), self.chance.choice(PATHS)
        wait = self.stage.ask(teacher, path=path, answer=tuple[str, str, int])
        self.waits[wait] = teacher, path, self.versions[teacher]

    def go(self) -> None:
        if self.waits:
            wait = self.chance.choice(list(self.waits))
            wait.cancel()
            self.cancelled.add(wait)

    async def change(self) -> None:
        teacher = self.chance.choice(TEACHERS)
        change = self.stage.ask(teacher, method="PUT", answer=type(None))
        await turns()
        put = self.stage.held.sent[-1]
        self.note()
        put.reply.set_result(told(status=204))
        await change
        self.versions[teacher] += 1

    def note(self) -> None:
        """A read sees what was so when it was sent."""
        for n, sent in enumerate(self.stage.held.sent):
            if sent.method == "GET":
                self.read_at.setdefault(n, self.versions[sent.headers["X-User-ID"]])

    def reply(self) -> None:
        self.note()
        open_ = [n for n in self.read_at if not self.stage.held.sent[n].reply.done()]
        if open_:
            n = self.chance.choice(open_)
            self.answer(n, self.stage.held.sent[n])

    def answer(self, n: int, sent: Sent) -> None:
        said = [sent.headers["X-User-ID"], sent.path, self.read_at[n]]
        fails = self.chance.random() < 0.2
        sent.reply.set_result(told(status=503) if fails else told(json.dumps(said).encode()))


@pytest.mark.parametrize("seed", range(60))
async def test_whatever_happens(seed: int) -> None:
    world = World(random.Random(seed))  # noqa: S311
    for _ in range(60):
        step = world.chance.choices(["come", "go", "reply", "change"], [8, 3, 4, 1])[0]
        if step == "change":
            await world.change()
        else:
            getattr(world, step)()
        if world.chance.random() < 0.7:
            await turns()
    await turns()
    while not all(sent.reply.done() for sent in world.stage.held.sent):
        world.reply()
        await turns()
    await asyncio.wait(world.waits)
    for wait, (teacher, path, version) in world.waits.items():
        if wait.cancelled():
            assert wait in world.cancelled
        elif error := wait.exception():
            assert isinstance(error, UnavailableError)
        else:
            assert wait.result()[:2] == (teacher, path)
            assert wait.result()[2] >= version
    gets = [sent for sent in world.stage.held.sent if sent.method == "GET"]
    assert len(gets) <= len(world.waits)
    assert world.stage.upstream.flights._open == {}
    assert world.stage.counted("upstream_call_duration_seconds_count") == len(world.stage.held.sent)


async def test_no_more_is_sent_than_is_asked_for() -> None:
    """However many ask, and whoever of them goes."""
    chance = random.Random(1)  # noqa: S311
    stage = Stage()
    waits = [stage.ask(chance.choice(TEACHERS), path=chance.choice(PATHS)) for _ in range(200)]
    await turns()
    for each in chance.sample(waits, 150):
        each.cancel()
        if chance.random() < 0.3:
            waits.append(stage.ask(chance.choice(TEACHERS), path=chance.choice(PATHS)))
            await turns()
    assert len(stage.held.sent) == len(TEACHERS) * len(PATHS)
    for sent in stage.held.sent:
        sent.reply.set_result(told())
    answers = await asyncio.gather(*waits, return_exceptions=True)
    assert not [each for each in answers if isinstance(each, ServiceError)]
