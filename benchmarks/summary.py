"""What the turns say together: medians over the rounds, and the ratios that carry over to other machines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.turns import Turn


@dataclass(frozen=True, slots=True)
class Line:
    """Medians over the rounds."""

    target: str
    rows: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    requests_per_cpu_second: float
    upstream_cpu_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of two targets in the same round: the median over the rounds, the least and the greatest."""

    of: str
    over: str
    measure: str
    rows: int
    median: float
    least: float
    greatest: float


PER_CPU_SECOND = "requests per CPU-second"
MEASURES: dict[str, Callable[[Turn], float]] = {
    PER_CPU_SECOND: lambda turn: turn.requests_per_cpu_second,
    "p50": lambda turn: turn.p50_ms,
}


def lines(turns: Sequence[Turn]) -> list[Line]:
    """By page size, in the order of the turns."""
    keys = dict.fromkeys((each.rows, each.target) for each in turns)
    return [_line(target, rows, _of(turns, target, rows)) for rows, target in keys]


def _line(target: str, rows: int, turns: Sequence[Turn]) -> Line:
    return Line(
        target,
        rows,
        requests_per_second=median(each.requests_per_second for each in turns),
        p50_ms=median(each.p50_ms for each in turns),
        p99_ms=median(each.p99_ms for each in turns),
        cpu_ms=median(each.cpu_ms for each in turns),
        requests_per_cpu_second=median(each.requests_per_cpu_second for each in turns),
        upstream_cpu_ms={
            name: median(each.upstream_cpu_ms[name] for each in turns) for name in turns[0].upstream_cpu_ms
        },
    )


def ratios(turns: Sequence[Turn], of: str) -> list[Ratio]:
    """Of one target over each other one."""
    sizes = dict.fromkeys(each.rows for each in turns)
    others = dict.fromkeys(each.target for each in turns if each.target != of)
    return [_ratio(turns, of, over, measure, rows) for measure in MEASURES for over in others for rows in sizes]


def _ratio(turns: Sequence[Turn], of: str, over: str, measure: str, rows: int) -> Ratio:
    value = MEASURES[measure]
    pairs = zip(_of(turns, of, rows), _of(turns, over, rows), strict=True)
    found = [value(one) / value(other) for one, other in pairs]
    return Ratio(of, over, measure, rows, median(found), min(found), max(found))


def _of(turns: Sequence[Turn], target: str, rows: int) -> list[Turn]:
    """In the order of the rounds."""
    return [each for each in turns if (each.target, each.rows) == (target, rows)]


def failures(turns: Sequence[Turn]) -> dict[str, int]:
    """By target and reason."""
    counted: dict[str, int] = {}
    for each in turns:
        for reason, times in each.failures.items():
            key = f"{each.target}: {reason}"
            counted[key] = counted.get(key, 0) + times
    return counted
