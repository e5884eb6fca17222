"""The load generator's process, as seen from ours."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.load import Outcome, Plan
from benchmarks.processes import answer, started


@dataclass(frozen=True, slots=True)
class Generator:
    process: subprocess.Popen[bytes]

    def run(self, plan: Plan) -> Outcome:
        """Returns when the load is over."""
        assert self.process.stdin is not None
        self.process.stdin.write(msgspec.json.encode(plan) + b"\n")
        self.process.stdin.flush()
        return msgspec.json.decode(answer(self.process), type=Outcome)


@contextmanager
def generator(logs: Path) -> Iterator[Generator]:
    with started("load", "-m", "benchmarks.load", logs=logs, environment=os.environ, answers=True) as process:
        yield Generator(process)
