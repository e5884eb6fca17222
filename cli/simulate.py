"""`simulate`: the services outside this system, played against one that is up."""

import asyncio
import os
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

import httpx

from cli.errors import CommandError
from cli.run_folder import RunFolder
from cli.school import FIRST_TEACHER
from cli.simulator import Desk, Publisher, Simulation, Tally
from cli.simulator.events import CMS, RAS, subscribers
from cli.terminal import say
from kit.events.http import http_client, http_transport
from kit.events.kafka.topics import kafka_transport
from kit.events.transport import Transport

Tell = Callable[[str], None]

_REQUEST_SECONDS = 30
# Beside a run: some four batches at a time, for an hour and more, so that a forgotten run does not fill the disk.
_GENTLE_BATCHES = 100
_GENTLE_SECONDS = (20, 60)


@dataclass(frozen=True, slots=True)
class System:
    """Where it is, and as who it is called."""

    cms_url: str
    ras_url: str
    key: str
    service_id: str
    brokers: str | None

    @classmethod
    def told(cls, told: Mapping[str, str]) -> Self:
        """By what `.run/env` has. Raises CommandError that names what is missing."""
        names = ("CMS_URL", "RAS_URL", "INTERNAL_API_KEY", "SERVICE_ID")
        missing = [name for name in names if not told.get(name)]
        if missing:
            raise CommandError(f"nothing is up here: `make run` first, or set {', '.join(missing)}", status=2)
        cms_url, ras_url, key, service_id = (told[name] for name in names)
        return cls(cms_url, ras_url, key, service_id, told.get("KAFKA_BOOTSTRAP_SERVERS"))


def simulate(*, batches: int | None, speed: float, teacher: str | None) -> int:
    system, whose = System.told({**RunFolder().read_env(), **os.environ}), teacher or FIRST_TEACHER
    tally = asyncio.run(_played(system, whose, batches, say, speed=speed))
    ended = [f"{n} {state}" for state, n in sorted(tally.ended.items())]
    say(f"Ended: {', '.join(ended) or 'none'}")
    if tally.left:
        say(f"Left: {tally.left} for {whose}, who may settle the authors until CMS does")
    if tally.broken_off:
        raise CommandError(f"{tally.broken_off} broken off, because something was refused")
    return 0


async def simulated(told: Mapping[str, str], teacher: str, log: Path) -> NoReturn:
    """Gently, beside a run, which does not end with it, whatever happens."""
    with log.open("w", encoding="utf-8") as lines:
        try:
            await _played(
                System.told(told),
                teacher,
                _GENTLE_BATCHES,
                lambda line: print(line, file=lines, flush=True),
                every=_GENTLE_SECONDS,
            )
        except ExceptionGroup:
            traceback.print_exc(file=lines)
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def _played(
    system: System,
    teacher: str,
    batches: int | None,
    tell: Tell,
    *,
    speed: float = 1,
    every: tuple[float, float] = (5, 20),
) -> Tally:
    async with http_client(system.service_id, system.key) as client, _transport(system, client) as transport:
        desk, publisher = Desk(client, system.cms_url, teacher, tell), Publisher(transport, tell)
        simulation = Simulation(desk, publisher, tell=tell, speed=speed, every=every)
        await simulation.run(batches)
        return simulation.tally


@asynccontextmanager
async def _transport(system: System, client: httpx.AsyncClient) -> AsyncIterator[Transport]:
    """Kafka where the system has brokers, or HTTP to both services."""
    if system.brokers:
        async with kafka_transport(system.brokers, system.service_id, seconds=_REQUEST_SECONDS) as transport:
            yield transport
        return
    yield http_transport(subscribers({CMS: system.cms_url, RAS: system.ras_url}), client, seconds=_REQUEST_SECONDS)
