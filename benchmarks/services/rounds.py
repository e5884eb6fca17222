"""One round of one measurement: what came of it, and what it cost whom."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from benchmarks.cpu import foreign_seconds
from benchmarks.errors import BenchmarkError
from benchmarks.load import Outcome
from benchmarks.turns import percentile


@dataclass(frozen=True, slots=True)
class Latency:
    """In ms, from when a request was due. `sent`: how late it was sent, at p95."""

    p50: float
    p95: float
    p99: float
    sent: float

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """Where nothing was due at a time of its own, nothing was late."""
        found, delays = outcome.latencies, outcome.delays or [0.0]
        return cls(percentile(found, 50), percentile(found, 95), percentile(found, 99), percentile(delays, 95))


@dataclass(frozen=True, slots=True)
class Round:
    """`done` counts what was done well, in so many seconds. `latency` is None where nobody waited for each.

    `cpu_seconds` by process; `foreign_share`: of the machine's CPU time meanwhile, what others took.
    """

    done: int
    seconds: float
    latency: Latency | None
    cpu_seconds: Mapping[str, float]
    foreign_share: float
    failures: Mapping[str, int]

    @property
    def per_second(self) -> float:
        return self.done / self.seconds

    @property
    def cpu_ms(self) -> dict[str, float]:
        """For each that was done."""
        return {name: 1000 * seconds / self.done for name, seconds in self.cpu_seconds.items()}


def one_round(work: Callable[[], Outcome], spent: Callable[[], Mapping[str, float]], *, cores: int) -> Round:
    """`spent` tells the CPU seconds of each process so far. Raises BenchmarkError when nothing was done well."""
    before, foreign, begun = spent(), foreign_seconds(), time.monotonic()
    outcome = work()
    others = (foreign_seconds() - foreign) / (time.monotonic() - begun) / cores
    cpu = {name: seconds - before[name] for name, seconds in spent().items()}
    if not outcome.done:
        raise BenchmarkError(f"nothing was done well: {outcome.failures}")
    latency = Latency.of(outcome) if outcome.latencies else None
    return Round(outcome.done, outcome.seconds, latency, cpu, max(0.0, others), outcome.failures)
