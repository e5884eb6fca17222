"""The gateway as a process of its own, which a signal may end at any moment."""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.gateway.live.system import SECONDS, System
from tests.support.apps import GATEWAY, KEY
from tests.support.ports import free_port
from tests.support.system import command, environment

ROOT = Path(__file__).parents[2]


@dataclass
class GatewayProcess:
    system: System
    port: int
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        assert GATEWAY.jwt_secret
        self.process = await asyncio.create_subprocess_exec(
            *command("serve", "gateway"),
            cwd=ROOT,
            env=environment(
                ENVIRONMENT="development",
                INTERNAL_API_KEY=KEY,
                GATEWAY_JWT_SECRET=GATEWAY.jwt_secret.get_secret_value(),
                GATEWAY_CMS_BASE_URL=self.system.cms.url,
                GATEWAY_RAS_BASE_URL=self.system.ras.url,
                GATEWAY_PORT=str(self.port),
            ),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while not await self._ready(client):
                assert self.process.returncode is None
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)
        async with asyncio.timeout(SECONDS):
            await self.process.wait()

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        with suppress(httpx.TransportError):
            return (await client.get(f"{self.url}/readyz")).status_code == 200
        return False


@asynccontextmanager
async def gateway_of(system: System) -> AsyncIterator[GatewayProcess]:
    made = GatewayProcess(system, free_port())
    await made.start()
    try:
        yield made
    finally:
        if made.process and made.process.returncode is None:
            await made.end(signal.SIGKILL)
