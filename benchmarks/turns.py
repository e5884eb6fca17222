"""One turn: one target under load with one page size, and what it cost whom."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.errors import BenchmarkError
from benchmarks.load import Outcome


@dataclass(frozen=True, slots=True)
class Turn:
    """`requests` are the good ones. CPU is in seconds: the target's own, and each upstream's by name."""

    round: int
    target: str
    rows: int
    requests: int
    failures: Mapping[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    upstream_cpu_seconds: Mapping[str, float]

    @property
    def told(self) -> str:
        return (
            f"round {self.round}, {self.rows:3} rows, {self.target}: {self.requests_per_cpu_second:.0f} requests/CPU-s"
        )

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Of the target, per request."""
        return 1000 * self.cpu_seconds / self.requests

    @property
    def requests_per_cpu_second(self) -> float:
        return self.requests / self.cpu_seconds

    @property
    def upstream_cpu_ms(self) -> dict[str, float]:
        """Of each upstream, per request."""
        return {name: 1000 * seconds / self.requests for name, seconds in self.upstream_cpu_seconds.items()}


def turn(
    number: int,
    target: str,
    rows: int,
    *,
    load: Callable[[], Outcome],
    spent: Callable[[], Mapping[str, float]],
) -> Turn:
    """`spent` tells the CPU seconds of each process so far. Raises BenchmarkError when no request succeeded."""
    before = spent()
    outcome = load()
    cpu = {name: seconds - before[name] for name, seconds in spent().items()}
    if not outcome.latencies:
        raise BenchmarkError(f"{target} answered nothing good to {rows} rows: {dict(outcome.failures)}")
    return Turn(
        round=number,
        target=target,
        rows=rows,
        requests=len(outcome.latencies),
        failures=outcome.failures,
        seconds=outcome.seconds,
        p50_ms=percentile(outcome.latencies, 50),
        p99_ms=percentile(outcome.latencies, 99),
        cpu_seconds=cpu.pop(target),
        upstream_cpu_seconds=cpu,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of the values that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
