"""The whole comparison: agree, warm up, take turns."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import agreement
from benchmarks.cpu import cpu_seconds
from benchmarks.database import SCHOOL
from benchmarks.errors import BenchmarkError
from benchmarks.generator import Generator
from benchmarks.load import Plan
from benchmarks.options import Options
from benchmarks.stack import Stack
from benchmarks.targets import PAGE_SIZES, Target, targets
from benchmarks.turns import Turn, turn
from cli.school.made import made_user_id

UPSTREAMS = ("cms", "ras", "postgresql")
_RESUME_SECONDS = 0.3
"""Before each turn: while the others have theirs, its connections to the upstreams are closed."""
_AGREEING_TEACHERS = 8


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is needed for turns, up and warm. `beside` names the processes that work for the target."""

    options: Options
    targets: Sequence[Target]
    callers: Sequence[str]
    pids: Mapping[str, int]
    load: Generator
    beside: Sequence[str] = UPSTREAMS
    warming: float = 1.0
    """Seconds of load before the first turn."""

    def turns(self) -> Iterator[Turn]:
        """Interleaved, so that what else the machine does meets all alike. Raises BenchmarkError as `warm_up` does."""
        for number in range(1, self.options.rounds + 1):
            for rows in PAGE_SIZES:
                for target in self.targets:
                    yield self.turn(number, target, rows)

    def warm_up(self) -> None:
        """Raises BenchmarkError when a request failed."""
        for rows in PAGE_SIZES:
            for target in self.targets:
                self.rehearse(target, rows, self.warming)

    def turn(self, number: int, target: Target, rows: int) -> Turn:
        """Raises BenchmarkError as `warm_up` does."""
        self.rehearse(target, rows, _RESUME_SECONDS)
        plan = self._plan(target, rows, self.options.seconds, seed=number)
        spent = partial(self._spent, (target.name, *self.beside))
        return turn(number, target.name, rows, load=partial(self.load.run, plan), spent=spent)

    def rehearse(self, target: Target, rows: int, seconds: float) -> None:
        """Raises BenchmarkError when a request failed."""
        outcome = self.load.run(self._plan(target, rows, seconds, seed=0))
        if outcome.failures:
            raise BenchmarkError(f"{target.name} failed before it was measured: {outcome.failures}")

    def _plan(self, target: Target, rows: int, seconds: float, *, seed: int) -> Plan:
        # All targets meet the same teachers in the same order, and in each round another one.
        callers = random.Random(seed).sample(self.callers, len(self.callers))
        requests = [target.request(each, rows) for each in callers]
        return Plan(target.port, requests, self.options.connections, seconds, target.row_mark, rows)

    def _spent(self, names: Sequence[str]) -> dict[str, float]:
        return {name: cpu_seconds(self.pids[name]) for name in names}


def prepared(stack: Stack, load: Generator, options: Options, say: Callable[[str], None]) -> Comparison:
    """Raises BenchmarkError when the targets disagree, or a request failed."""
    tokens = stack.wiring.tokens(made_user_id(number) for number in range(1, SCHOOL.teachers + 1))
    comparison = Comparison(options, targets(stack.wiring.ports), tokens, stack.pids, load)
    say("Comparing their answers, then warming up")
    asyncio.run(agreement.check(comparison.targets, tokens[:: SCHOOL.teachers // _AGREEING_TEACHERS]))
    comparison.warm_up()
    return comparison
