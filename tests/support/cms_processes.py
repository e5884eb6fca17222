"""Processes of CMS, to be killed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

from tests.support.forks import fork
from tests.support.ports import free_port


@dataclass
class CmsProcess:
    """`lifeline` is its standard input, which ends with the tests."""

    url: str
    process: ForkServerProcess
    lifeline: Connection

    async def ready(self, client: httpx.AsyncClient) -> bool:
        assert self.process.is_alive(), "it ended by itself"
        try:
            return (await client.get(f"{self.url}/readyz")).is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """With SIGKILL; it is gone when this answers."""
        self.process.kill()
        self.process.join()
        self.lifeline.close()


@dataclass
class Services:
    """`settings` by their variables; `log` has what they all print."""

    settings: Mapping[str, str]
    log: Path
    running: list[CmsProcess] = field(default_factory=list)

    async def next(self, client: httpx.AsyncClient) -> CmsProcess:
        """One more, when it is ready."""
        self.running.append(made := self._start())
        async with asyncio.timeout(60):
            while not await made.ready(client):  # noqa: ASYNC110  what is asked is another process
                await asyncio.sleep(0.02)
        return made

    def _start(self) -> CmsProcess:
        port = free_port()
        given = {"CLASS_MANAGEMENT_SERVICE_PORT": str(port), "LOG_LEVEL": "ERROR", **self.settings}
        process, lifeline = fork("cms", given, self.log)
        return CmsProcess(f"http://127.0.0.1:{port}", process, lifeline)

    def end(self) -> None:
        for each in self.running:
            each.kill()
