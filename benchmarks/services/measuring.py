"""The services' measurements, one after the other, each warmed up and then repeated."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.cpu import cpu_seconds
from benchmarks.errors import BenchmarkError
from benchmarks.generator import Generator
from benchmarks.options import Options
from benchmarks.services.measurements import Measurement, measurements
from benchmarks.services.rounds import Round, one_round
from benchmarks.stack import Stack

_WARM_UP_SECONDS = 1.0
_BESIDE = ("postgresql", "load", "sink")


@dataclass(frozen=True, slots=True)
class Measured:
    """`value` is the median over the rounds."""

    name: str
    service: str
    how: str
    target: str
    found: str
    value: float
    met: bool
    rounds: Sequence[Round]

    @property
    def failures(self) -> dict[str, int]:
        """By reason, of all rounds."""
        return dict(sum((Counter(each.failures) for each in self.rounds), Counter()))


def measured(
    stack: Stack, load: Generator, options: Options, cores: int, say: Callable[[str], None]
) -> Iterator[Measured]:
    """Raises BenchmarkError when a warm-up failed or nothing was done well."""
    pids = {**stack.pids, "load": load.process.pid}
    for each in measurements(stack, load):
        if options.wants(each.service):
            failures = each.work(0, _WARM_UP_SECONDS).failures
            if failures:
                raise BenchmarkError(f"{each.name} failed before it was measured: {failures}")
            rounds = []
            for number in range(1, options.rounds + 1):
                work = partial(each.work, number, options.seconds)
                spent = partial(_spent, {name: pids[name] for name in (each.service, *_BESIDE)})
                rounds.append(one_round(work, spent, cores=cores))
                say(f"round {number}, {each.name}: {each.goal.told(each.goal.value(rounds[-1:]))}")
            yield _measured(each, rounds)


def _spent(pids: dict[str, int]) -> dict[str, float]:
    return {name: cpu_seconds(pid) for name, pid in pids.items()}


def _measured(of: Measurement, rounds: Sequence[Round]) -> Measured:
    value = of.goal.value(rounds)
    met = of.goal.met(value) and not any(each.failures for each in rounds)
    return Measured(of.name, of.service, of.how, str(of.goal), of.goal.told(value), value, met, rounds)
