"""Processes over stub upstreams: the gateway as in production, its peers as they come."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.processes import free_ports, started, wait_until_answering
from benchmarks.stubbed import node
from benchmarks.stubbed.cores import Cores, on
from benchmarks.wiring import Wiring
from gateway.settings import GatewaySettings

_UPSTREAMS = ("cms", "ras", "sink")
_GATEWAY = (sys.executable, "-m", "cli.main", "serve", "gateway", "--with-parent")


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Logs go to `logs`. Each of its contexts raises BenchmarkError when the process does not start."""

    logs: Path
    cores: Cores
    wiring: Wiring = field(default_factory=lambda: Wiring({}, {}))

    @property
    def key_file(self) -> Path:
        """Of the tokens that the gateway takes."""
        return self.logs / "issuer.pem"

    @contextmanager
    def upstreams(self, milliseconds: float = 0) -> Iterator[Running]:
        """Both services in one process, which takes so long for each answer."""
        [port] = free_ports(1)
        command = (sys.executable, "-m", "benchmarks.stubbed.upstreams", str(port), str(milliseconds))
        with self._process("upstreams", port, command, os.environ, self.cores.others) as running:
            yield running

    @contextmanager
    def gateway(
        self,
        upstreams: Running,
        settings: Mapping[str, str],
        *,
        name: str = "gateway",
        command: Sequence[str] = _GATEWAY,
        cores: Set[int] | None = None,
    ) -> Iterator[Running]:
        """On its own core unless others are given. `settings` by variable, beside those of production."""
        wiring, variables = self._wired("gateway", upstreams), GatewaySettings.variables()
        production = {"ENVIRONMENT": "production", variables["jwt_public_key_file"]: str(self.key_file)}
        environment = {**wiring.environment("gateway"), **production, **settings}
        del environment[variables["jwt_secret"]]
        own = self.cores.measured if cores is None else cores
        with self._process(name, wiring.ports["gateway"], command, environment, own) as running:
            yield running

    @contextmanager
    def peer(self, name: str, upstreams: Running) -> Iterator[Running]:
        wiring = self._wired(name, upstreams)
        environment = {**wiring.environment(name), "NODE_ENV": "production"}
        with self._process(name, wiring.ports[name], _peer(name), environment, self.cores.measured) as running:
            yield running

    def _wired(self, name: str, upstreams: Running) -> Wiring:
        [port] = free_ports(1)
        return replace(self.wiring, ports={**dict.fromkeys(_UPSTREAMS, upstreams.port), name: port})

    @contextmanager
    def _process(
        self, name: str, port: int, command: Sequence[str], environment: Mapping[str, str], cores: Set[int]
    ) -> Iterator[Running]:
        program, *arguments = command
        with ExitStack() as stack:
            with on(cores):
                process = stack.enter_context(
                    started(name, *arguments, logs=self.logs, environment=environment, program=program)
                )
            wait_until_answering(name, process, port, self.logs)
            yield Running(name, port, process.pid)


def _peer(name: str) -> tuple[str, ...]:
    if name in node.NAMES:
        return ("node", str(node.FOLDER / f"{name}.mjs"))
    return (sys.executable, "-m", "benchmarks.serve", name)
