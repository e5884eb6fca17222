"""The services as processes of their own."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from cli.errors import CommandError
from cli.logs import end_of
from cli.signals import Signals
from cli.terminal import say

TITLES = {"cms": "CMS", "ras": "RAS", "gateway": "the gateway"}

# A service gives its requests 30 s to finish.
_STOP_SECONDS = 35


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    name: str
    address: str
    log: Path
    process: Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def ended(self) -> NoReturn:
        """Raises CommandError when the process ends."""
        status = await self.process.wait()
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        raise CommandError(f"{TITLES[self.name]} {how}. {end_of(self.log)}")

    async def stop(self, hurry: asyncio.Event) -> None:
        if self.process.returncode is not None:
            return
        say(f"Stopping {TITLES[self.name]}")
        with suppress(ProcessLookupError):
            self.process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await first(self.process.wait(), hurry.wait())
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def started(
    name: str, address: str, *, logs: Path, environment: Mapping[str, str], signals: Signals
) -> AsyncIterator[ServiceProcess]:
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "serve", name, "--with-parent"),
            env=environment,
            # Nothing is ever written: it ends when we do, however that happens, and the service with it.
            stdin=PIPE,
            stdout=output,
            stderr=output,
            # Ctrl-C in the terminal is for us.
            start_new_session=True,
        )
    service = ServiceProcess(name, address, log, process)
    try:
        yield service
    finally:
        await service.stop(signals.hurry)


async def any_ended(services: Sequence[ServiceProcess]) -> None:
    """Raises CommandError for the first process that ends."""
    await first(*(each.ended() for each in services))


async def first(*works: Coroutine[Any, Any, Any]) -> None:
    """Returns when one of them has ended, and the others are cancelled. Raises what one of the ended raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in done:
            each.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
