"""The real stack and what stands beside the gateway, each a process of its own over the same two services."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.database import Ready
from benchmarks.processes import answer, started, wait_until_answering
from benchmarks.wiring import PEERS, SERVICES, Wiring


@dataclass(frozen=True, slots=True)
class Stack:
    """`pids` by name, PostgreSQL's under `postgresql`."""

    wiring: Wiring
    pids: Mapping[str, int]
    database: Ready
    logs: Path


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """Data are kept in `folder`, and the logs of this run. Raises BenchmarkError when something does not start."""
    logs = log_folder(folder)
    with ExitStack() as stack:
        database = stack.enter_context(_database(folder, logs))
        wiring = Wiring.over(database)
        processes = {
            name: stack.enter_context(started(name, *_command(name), logs=logs, environment=wiring.environment(name)))
            for name in (*SERVICES, *PEERS)
        }
        for name, process in processes.items():
            wait_until_answering(name, process, wiring.ports[name], logs)
        pids = {name: process.pid for name, process in processes.items()}
        yield Stack(wiring, pids | {"postgresql": database.pid}, database, logs)


def log_folder(folder: Path) -> Path:
    logs = folder / "logs"
    # `.run` is nobody else's to read, whoever makes it first.
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    logs.mkdir(parents=True, exist_ok=True)
    return logs


def _command(name: str) -> tuple[str, ...]:
    if name in SERVICES:
        return ("-m", "cli.main", "serve", name, "--with-parent")
    return ("-m", "benchmarks.serve", name)


@contextmanager
def _database(folder: Path, logs: Path) -> Iterator[Ready]:
    command = ("-m", "benchmarks.database", str(folder))
    with started("database", *command, logs=logs, environment=os.environ, answers=True) as process:
        yield msgspec.json.decode(answer(process), type=Ready)
