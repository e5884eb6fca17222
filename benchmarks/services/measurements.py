"""What is measured of the services: what is done, how it is asked for, and what is to come of it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks import rows
from benchmarks.database import SCHOOL
from benchmarks.generator import Generator
from benchmarks.load import Outcome, Plan
from benchmarks.services.asking import CLASS_INFO_IDS, GUESTS, Asking
from benchmarks.services.consuming import Consuming
from benchmarks.services.goals import AtLeast, Below, Goal
from benchmarks.services.ingestion import IN_A_LIST, Ingestion
from benchmarks.services.relay import Backlog
from benchmarks.services.watching import TEACHERS, Watching
from benchmarks.stack import Stack

RATE = 200.0
CALLERS = 16
POSTERS = 4
_CONNECTIONS = 64
"""Of an open loop: more than are ever busy at once."""
_REQUESTS = 500
_MADE = 2000
"""Students for each second: more than can be made in it."""
_RELAYED = 5000
"""Events for each second."""
_CONSUMED = 3000
"""Events for each second, beside those of the opening."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """`work` takes the number of the round, and how many seconds it is to take."""

    name: str
    service: str
    how: str
    goal: Goal
    work: Callable[[int, float], Outcome]


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """`requests` by the number of the round; `mark` stands so often in each answer."""

    load: Generator
    port: int
    mark: str
    times: int
    requests: Callable[[int], list[str]]

    def work(self, number: int, seconds: float) -> Outcome:
        requests = self.requests(number)
        return self.load.run(Plan(self.port, requests, _CONNECTIONS, seconds, self.mark, self.times, rate=RATE))

    def below(self, limit: float, name: str, service: str) -> Measurement:
        return Measurement(name, service, f"{RATE:g}/s, open loop", Below(limit), self.work)


def measurements(stack: Stack, load: Generator) -> Iterator[Measurement]:
    wiring, asking = stack.wiring, Asking(stack.wiring.internal_key)
    yield from _of_cms(wiring.ports["cms"], stack.database.cms_url, load, asking)
    yield _relay(Backlog(stack.database.cms_url, wiring.ports["sink"]))
    yield from _of_ras(stack, load, asking)


def _of_ras(stack: Stack, load: Generator, asking: Asking) -> Iterator[Measurement]:
    port = stack.wiring.ports["ras"]
    for limit, most in ((20, 5), (100, 10)):
        requests = partial(asking.batch_lists, limit=limit, teachers=SCHOOL.teachers)
        yield OpenLoop(load, port, '"batch_id"', limit, requests).below(most, f"list of {limit}", "ras")
    ingestion, watching = Ingestion(load.run, port, stack.database.ras_url, asking), Watching(port, asking)

    def ingest(_: int, seconds: float) -> Outcome:
        return ingestion.ingest(seconds, callers=POSTERS)

    how = f"{POSTERS} callers, lists of {IN_A_LIST:,}"
    yield Measurement("events ingested, by HTTP", "ras", how, AtLeast(3000), ingest)
    consuming = Consuming(stack.wiring.environment("ras"), stack.database.ras_url, stack.logs)

    def consume(_: int, seconds: float) -> Outcome:
        return consuming.consume(round(_CONSUMED * seconds))

    yield Measurement("events ingested, by Kafka", "ras", "a backlog, a RAS of its own", AtLeast(3000), consume)
    how = f"{TEACHERS} wait, one at a time"
    yield Measurement("event to long-poll answer", "ras", how, Below(100), lambda _, seconds: watching.watch(seconds))


def _of_cms(port: int, url: str, load: Generator, asking: Asking) -> Iterator[Measurement]:
    placed = asyncio.run(rows.batches_with_class(url, _REQUESTS * CLASS_INFO_IDS))

    def create(_: int, seconds: float) -> Outcome:
        requests = asking.new_students(round(_MADE * seconds))
        return load.run(Plan(port, requests, CALLERS, seconds, '"first_name"', 1, status=201))

    info = partial(asking.class_info, number=_REQUESTS, batch_ids=placed)
    yield OpenLoop(load, port, '"class_id"', CLASS_INFO_IDS - GUESTS, info).below(10, "class-info of 100", "cms")
    roster = OpenLoop(load, port, '"first_name"', rows.STUDENTS, lambda _: asking.rosters())
    yield roster.below(10, "roster of 30", "cms")
    yield Measurement("students created", "cms", f"{CALLERS} callers, closed loop", AtLeast(500), create)


def _relay(backlog: Backlog) -> Measurement:
    def drain(_: int, seconds: float) -> Outcome:
        return backlog.drain(round(_RELAYED * seconds))

    return Measurement("events relayed", "cms", "a backlog, by HTTP", AtLeast(5000), drain)
