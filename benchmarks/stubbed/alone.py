"""The gateway alone over stubs: in a crowd, at a fixed rate, with longer pages, and how much memory it takes."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from types import MappingProxyType

import msgspec

from benchmarks.comparison import Comparison
from benchmarks.generator import Generator
from benchmarks.load import LOOPBACK
from benchmarks.options import Options
from benchmarks.processes import answer, started
from benchmarks.stubbed.answers import BATCHES
from benchmarks.stubbed.callers import Callers
from benchmarks.stubbed.cold import Times
from benchmarks.stubbed.cores import on
from benchmarks.stubbed.findings import Finding, spread
from benchmarks.stubbed.memory import MIB, memory, resident
from benchmarks.stubbed.peers import BESIDE, target
from benchmarks.stubbed.rate import Asked, at_a_rate
from benchmarks.stubbed.stage import Running, Stage
from benchmarks.targets import PAGE_SIZES, Target
from benchmarks.turns import Turn, percentile
from gateway.settings import GatewaySettings

ROWS = 20
CROWD = 256
DOCUMENTS = 100
MOST_MEMORY = 90
"""MiB."""
UPSTREAM_MS = 5.0
GROWING = (20, 100, 250, 500, BATCHES)
_CALLS = 2
"""Of an answer, one after the other."""
_DEARER = {name: "1000000" for field, name in GatewaySettings.variables().items() if field == "max_cost"}
"""What a page of so many rows needs beside its length."""


@dataclass(frozen=True, slots=True)
class Alone:
    stage: Stage
    callers: Callers
    load: Generator
    options: Options
    say: Callable[[str], None]

    def findings(self) -> Iterator[Finding]:
        """Raises BenchmarkError when a request failed before anything was measured."""
        with self.stage.upstreams() as upstreams:
            with self.stage.gateway(upstreams, {}) as gateway:
                yield memory(gateway.pid, "at the start")
                few = self._warmed(gateway, upstreams, PAGE_SIZES)
                yield from self._crowd(few)
                yield from self._soaked(few)
            with self._longer(upstreams) as longer:
                yield self._growth(longer)
                yield memory(longer.pids["gateway"], f"after pages of up to {max(GROWING)} batches")
            yield from self._workers(upstreams)
        yield from self._cold()
        yield from self._at_a_rate()

    def _crowd(self, few: Comparison) -> Iterator[Finding]:
        crowd = replace(few, options=replace(self.options, connections=CROWD))
        few_turns, crowd_turns = [], []
        how = f"{self.options.connections} connections"
        yield self._memory(few, f"after {' and '.join(map(str, PAGE_SIZES))} batches, {how}")
        for number in range(1, self.options.rounds + 1):
            few_turns.append(self._told(few.turn(number, few.targets[0], ROWS), how))
            crowd_turns.append(self._told(crowd.turn(number, crowd.targets[0], ROWS), f"{CROWD} connections"))
        tail = [each.p99_ms / each.p50_ms for each in few_turns]
        yield Finding("p99 / p50", how, "< 2", spread(tail), median(tail) < 2)
        kept = [
            min(
                many.requests_per_cpu_second / some.requests_per_cpu_second,
                many.requests_per_second / some.requests_per_second,
            )
            for some, many in zip(few_turns, crowd_turns, strict=True)
        ]
        how = f"{CROWD} connections / {self.options.connections}"
        yield Finding("throughput in a crowd", how, ">= 0.6", spread(kept), median(kept) >= 0.6)
        yield self._memory(few, f"after {CROWD} connections")

    def _soaked(self, few: Comparison) -> Iterator[Finding]:
        pid, minutes = few.pids["gateway"], self.options.soak
        before = resident(pid)
        for minute in range(1, minutes + 1):
            few.rehearse(few.targets[0], ROWS, 60)
            self.say(f"minute {minute} of {minutes}: {resident(pid) / MIB:.1f} MiB")
            # A line for each request would come to gigabytes.
            (self.stage.logs / "gateway.log").write_bytes(b"")
        if minutes:
            grown = (resident(pid) - before) / MIB
            yield Finding("RSS, grown", f"in {minutes} min of load", "flat", f"{grown:+.1f} MiB", grown < 2)

    def _growth(self, longer: Comparison) -> Finding:
        """Of each step, so that what is not linear shows."""
        spent: dict[int, list[float]] = {rows: [] for rows in GROWING}
        for number in range(1, self.options.rounds + 1):
            for rows in GROWING:
                turn = self._told(longer.turn(number, longer.targets[0], rows), f"{rows} rows")
                spent[rows].append(1000 * turn.cpu_ms)
        found = {rows: median(us) for rows, us in spent.items()}
        steps = [(found[more] - found[less]) / (more - less) for less, more in pairwise(GROWING)]
        told = ", ".join(f"{each:.2f}" for each in steps)
        how = "steps " + ", ".join(map(str, GROWING))
        return Finding("us of CPU per row", how, "each < 3", told, max(steps) < 3)

    def _workers(self, upstreams: Running) -> Iterator[Finding]:
        """Where there are too few cores for both and the load, they share one, and with it its caches."""
        cores = self.stage.cores.measured | self.stage.cores.others
        enough, variable = len(cores) > 2, GatewaySettings.variables()["workers"]
        two = set(sorted(cores)[:2]) if enough else None
        with self._warm(upstreams) as single, self._warm(upstreams, {variable: "2"}, two) as double:
            turns = [
                (double.turn(number, double.targets[0], ROWS), single.turn(number, single.targets[0], ROWS))
                for number in range(1, self.options.rounds + 1)
            ]
        if enough:
            times = [both.requests_per_second / one.requests_per_second for both, one in turns]
            yield Finding("two workers", "req/s, of one's", ">= 1.8", spread(times), median(times) >= 1.8)
        else:
            why = "not measured: it takes three cores, one of them for the load"
            yield Finding("two workers", "req/s, of one's", ">= 1.8", why, None)
        times = [both.requests_per_cpu_second / one.requests_per_cpu_second for both, one in turns]
        how = f"req/CPU-s, of one's{'' if enough else ', both on its core'}"
        yield Finding("two workers", how, "", spread(times), None)

    def _at_a_rate(self) -> Iterator[Finding]:
        """The floor and the upstream themselves tell what the load generator and the machine have to do with it."""
        with (
            self.stage.upstreams(UPSTREAM_MS) as slow,
            self.stage.gateway(slow, {}) as gateway,
            self.stage.peer("floor", slow) as floor,
        ):
            self._warmed(gateway, slow, (ROWS,))
            upstream = f"GET /healthz HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n"
            asked = [
                self._asked(target(gateway, self.callers.of_gateway), judged=True),
                self._asked(target(floor, self.callers.of_peers), judged=False),
                Asked("one upstream itself", slow.port, [upstream], "{", 1, UPSTREAM_MS),
            ]
            yield from at_a_rate(self.load, self.options, asked, self.say)

    def _asked(self, target: Target, *, judged: bool) -> Asked:
        requests = [target.request(each, ROWS) for each in self.callers.teachers]
        return Asked(target.name, target.port, requests, target.row_mark, ROWS, _CALLS * UPSTREAM_MS, judged)

    def _cold(self) -> Iterator[Finding]:
        command = ("-m", "benchmarks.stubbed.cold", str(DOCUMENTS))
        with (
            on(self.stage.cores.measured),
            started("cold", *command, logs=self.stage.logs, environment=os.environ, answers=True) as process,
        ):
            times = msgspec.json.decode(answer(process), type=Times)
        first, again = [
            [mine / other for mine, other in zip(each, times.theirs, strict=True)] for each in (times.ours, times.again)
        ]
        self.say(
            f"{DOCUMENTS} unknown documents: {median(times.ours):.2f} ms, graphql-core {median(times.theirs):.2f} ms"
        )
        how = f"{DOCUMENTS} of them, of graphql-core's time"
        yield Finding("unknown document", how, "<= 1", _middle(first), median(first) <= 1)
        yield Finding("the same again, compiled", how, "", _middle(again), None)

    @contextmanager
    def _warm(
        self, upstreams: Running, settings: Mapping[str, str] = MappingProxyType({}), cores: Set[int] | None = None
    ) -> Iterator[Comparison]:
        with self.stage.gateway(upstreams, settings, cores=cores) as gateway:
            yield self._warmed(gateway, upstreams, (ROWS,))

    @contextmanager
    def _longer(self, upstreams: Running) -> Iterator[Comparison]:
        command = (sys.executable, "-m", "benchmarks.stubbed.longer")
        with self.stage.gateway(upstreams, _DEARER, name="longer", command=command) as running:
            yield self._warmed(replace(running, name="gateway"), upstreams, GROWING)

    def _warmed(self, gateway: Running, upstreams: Running, sizes: Sequence[int]) -> Comparison:
        comparison = Comparison(
            self.options,
            [target(gateway, self.callers.of_gateway)],
            self.callers.teachers,
            {"gateway": gateway.pid, "upstreams": upstreams.pid, "load": self.load.process.pid},
            self.load,
            BESIDE,
        )
        for rows in sizes:
            comparison.rehearse(comparison.targets[0], rows, comparison.warming)
        return comparison

    def _memory(self, comparison: Comparison, when: str) -> Finding:
        return memory(comparison.pids["gateway"], when, MOST_MEMORY)

    def _told(self, turn: Turn, how: str) -> Turn:
        self.say(f"round {turn.round}, gateway, {how}: {turn.requests_per_cpu_second:.0f} requests/CPU-s")
        return turn


def _middle(values: Sequence[float]) -> str:
    """Of many: the median, and between which the middle half lies."""
    return f"{median(values):.2f} ({percentile(values, 25):.2f}..{percentile(values, 75):.2f})"
