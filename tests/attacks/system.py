"""The gateway as in production, in its own process over real services and databases, and what is measured of it."""

import asyncio
import json
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.attacks.bystander import Seen
from tests.gateway.authentication.sources import Source, source
from tests.support.apps import KEY
from tests.support.forks import fork
from tests.support.issuer import claims
from tests.support.ports import free_port
from tests.support.system import command, environment

ISSUER = "EdDSA file"
IMPATIENT = {"GATEWAY_HEADER_TIMEOUT_SECONDS": "1", "GATEWAY_BODY_TIMEOUT_SECONDS": "1"}
"""What is slow is cut off after a second instead of ten. All other limits are those that it comes with."""
_FORESEEN = (503, 504)
_TEACHERS_BESIDE = 16
"""So that no ordinary client is one of those who ask too often."""


@dataclass
class Served:
    """`log` is what it says; `read`: how far that was looked at."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    issuer: Source
    secrets: tuple[bytes, ...]
    read: int = 0
    teachers: int = 0

    def token(self) -> str:
        """Of somebody new."""
        self.teachers += 1
        return self.issuer.token(claims(sub=f"attacker-{self.teachers}"))

    def cpu(self) -> float:
        """Seconds that its threads ran."""
        told = [each.read_text() for each in Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")]
        return sum(int(each.split()[0]) for each in told) / 1e9

    def memory(self, what: str = "VmRSS") -> int:
        """Bytes; `VmHWM` are the most since `forget_most`."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(each.split()[1]) for each in lines if each.startswith(f"{what}:")) * 1024

    def forget_most(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def complaints(self) -> list[Any]:
        """In what it has said since the last look: what is no line of ours, or says that something was unforeseen."""
        with self.log.open("rb") as file:
            file.seek(self.read)
            said = file.read()
        whole = said[: said.rfind(b"\n") + 1]
        self.read += len(whole)
        return [line for line in whole.splitlines() if not _foreseen(line)]


def _foreseen(line: bytes) -> bool:
    try:
        said = json.loads(line)
    except ValueError:
        return False
    if said["event"] == "unsuccessful":  # a service refused what came through
        return bool(said["status"] < 500)
    return (said["level"] == "info" and said.get("status", 0) < 500) or said.get("status") in _FORESEEN


@dataclass
class Beside:
    """The bystander."""

    process: Process

    async def report(self) -> Seen:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()
        return Seen(**json.loads(await self.process.stdout.readline()))


@dataclass
class Site:
    served: Served
    beside: Beside
    began_with: int
    """Bytes."""
    measured: list["Measured"] = field(default_factory=list)


@dataclass(frozen=True)
class Measured:
    """What an attack cost: seconds of CPU, bytes at the most, and what the bystander saw."""

    name: str
    cpu: float
    memory: int
    seen: Seen


@asynccontextmanager
async def site(folder: Path, cms_url: str, ras_url: str, **settings: str) -> AsyncIterator[Site]:
    with ExitStack() as stack:
        urls = {
            "GATEWAY_CMS_BASE_URL": stack.enter_context(_service("cms", "CLASS_MANAGEMENT_SERVICE", cms_url, folder)),
            "GATEWAY_RAS_BASE_URL": stack.enter_context(_service("ras", "RESULT_AGGREGATOR_SERVICE", ras_url, folder)),
        }
        served = stack.enter_context(_gateway(folder, {**urls, **IMPATIENT, **settings}))
        for port in (served.port, *(int(url.rpartition(":")[2]) for url in urls.values())):
            await _ready(port)
        async with _bystander(served) as beside:
            await beside.report()
            yield Site(served, beside, served.memory())


@contextmanager
def _service(name: str, prefix: str, database: str, folder: Path) -> Iterator[str]:
    port = free_port()
    given = {f"{prefix}_PORT": str(port), f"{prefix}_DATABASE_URL": database, "INTERNAL_API_KEY": KEY}
    process, lifeline = fork(name, {**given, "LOG_LEVEL": "WARNING"}, folder / f"{name}.log")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.join()
        lifeline.close()


@contextmanager
def _gateway(folder: Path, given: Mapping[str, str]) -> Iterator[Served]:
    issuer, port = source(ISSUER), free_port()
    key = folder / "issuer.pem"
    key.write_bytes(issuer.public())
    own = {"ENVIRONMENT": "production", "INTERNAL_API_KEY": KEY, "GATEWAY_JWT_PUBLIC_KEY_FILE": str(key)}
    settings = {**own, "GATEWAY_PORT": str(port), **given}
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command("serve", "gateway", "--with-parent"),
            env=environment(**settings),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    secrets = (KEY.encode(), str(folder).encode(), *(url.encode() for url in given.values() if "://" in url))
    try:
        yield Served(port, process, log, issuer, secrets)
    finally:
        process.kill()
        process.wait()
        assert process.stdin
        process.stdin.close()


async def _ready(port: int) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _bystander(served: Served) -> AsyncIterator[Beside]:
    tokens = [served.issuer.token(claims(sub=f"bystander-{each}")) for each in range(_TEACHERS_BESIDE)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attacks.bystander", str(served.port), str(served.process.pid)),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin
    process.stdin.write(json.dumps(tokens).encode() + b"\n")
    try:
        yield Beside(process)
    finally:
        process.stdin.close()
        await process.wait()
