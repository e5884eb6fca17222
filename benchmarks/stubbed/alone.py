"""The gateway alone over stubs: in a crowd, at a fixed rate, with longer pages, and how much memory it keeps."""

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
from benchmarks.load import LOOPBACK, Plan
from benchmarks.options import Options
from benchmarks.processes import answer, started
from benchmarks.stubbed.answers import BATCHES
from benchmarks.stubbed.callers import Callers
from benchmarks.stubbed.cold import Times
from benchmarks.stubbed.cores import on
from benchmarks.stubbed.findings import Finding
from benchmarks.stubbed.memory import resident
from benchmarks.stubbed.peers import BESIDE, target
from benchmarks.stubbed.stage import Running, Stage
from benchmarks.turns import Turn, percentile
from gateway.settings import GatewaySettings

ROWS = 20
CROWD = 256
DOCUMENTS = 100
RATE = 250.0
UPSTREAM_MS = 5.0
GROWING = (20, 100, 250, 500, BATCHES)
_OPEN_CONNECTIONS = 64
_MIB = 2**20
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
                at_start = resident(gateway.pid)
                few = self._warmed(gateway, upstreams, (ROWS,))
                yield from self._crowd(few)
                yield from self._memory(few, at_start)
            with self._longer(upstreams) as longer:
                yield self._growth(longer)
            yield self._workers(upstreams)
        yield from self._cold()
        with self.stage.upstreams(UPSTREAM_MS) as slow, self._warm(slow) as few:
            yield from self._at_a_rate(few)
            yield self._upstream_itself(slow)

    def _crowd(self, few: Comparison) -> Iterator[Finding]:
        crowd = replace(few, options=replace(self.options, connections=CROWD))
        few_turns, crowd_turns = [], []
        how = f"{self.options.connections} connections"
        for number in range(1, self.options.rounds + 1):
            few_turns.append(self._told(few.turn(number, few.targets[0], ROWS), how))
            crowd_turns.append(self._told(crowd.turn(number, crowd.targets[0], ROWS), f"{CROWD} connections"))
        tail = [each.p99_ms / each.p50_ms for each in few_turns]
        yield Finding("p99 / p50", how, "< 2", _spread(tail), median(tail) < 2)
        kept = [
            min(
                many.requests_per_cpu_second / some.requests_per_cpu_second,
                many.requests_per_second / some.requests_per_second,
            )
            for some, many in zip(few_turns, crowd_turns, strict=True)
        ]
        how = f"{CROWD} connections / {self.options.connections}"
        yield Finding("throughput in a crowd", how, ">= 0.6", _spread(kept), median(kept) >= 0.6)

    def _memory(self, few: Comparison, at_start: int) -> Iterator[Finding]:
        """After the crowd was there."""
        pid, minutes = few.pids["gateway"], self.options.soak
        before = resident(pid)
        for minute in range(1, minutes + 1):
            few.rehearse(few.targets[0], ROWS, 60)
            self.say(f"minute {minute} of {minutes}: {resident(pid) / _MIB:.1f} MiB")
            # A line for each request would come to gigabytes.
            (self.stage.logs / "gateway.log").write_bytes(b"")
        after = resident(pid)
        found = f"{after / _MIB:.1f} MiB ({at_start / _MIB:.1f} at the start)"
        yield Finding("RSS of a worker", "after all that", "< 90 MiB", found, after < 90 * _MIB)
        if minutes:
            grown = (after - before) / _MIB
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

    def _workers(self, upstreams: Running) -> Finding:
        what, how, goal = "two workers", "req/s, of one's", ">= 1.8"
        cores = self.stage.cores.measured | self.stage.cores.others
        if len(cores) < 3:
            return Finding(what, how, goal, "not measured: it takes three cores, one of them for the load", None)
        two, workers = set(sorted(cores)[:2]), GatewaySettings.variables()["workers"]
        with self._warm(upstreams) as single, self._warm(upstreams, {workers: "2"}, two) as double:
            ratios = [
                double.turn(number, double.targets[0], ROWS).requests_per_second
                / single.turn(number, single.targets[0], ROWS).requests_per_second
                for number in range(1, self.options.rounds + 1)
            ]
        return Finding(what, how, goal, _spread(ratios), median(ratios) >= 1.8)

    def _at_a_rate(self, few: Comparison) -> Iterator[Finding]:
        asked, mark = few.targets[0], few.targets[0].row_mark
        requests = [asked.request(each, ROWS) for each in self.callers.teachers]
        plan = Plan(asked.port, requests, _OPEN_CONNECTIONS, self.options.seconds, mark, ROWS, rate=RATE)
        found: dict[float, list[float]] = {50: [], 99: []}
        for number in range(1, self.options.rounds + 1):
            outcome = self.load.run(plan)
            above = [each - _CALLS * UPSTREAM_MS for each in outcome.latencies]
            for percent, values in found.items():
                values.append(percentile(above, percent))
            self.say(f"round {number}, {RATE:g}/s: p50 {found[50][-1]:.2f} ms above {_CALLS} x {UPSTREAM_MS:g} ms")
        for (percent, values), most in zip(found.items(), (1.5, 4), strict=True):
            how = f"{RATE:g}/s, open loop, above {_CALLS} x {UPSTREAM_MS:g} ms"
            yield Finding(f"p{percent:g}", how, f"<= {most:g} ms", f"{_spread(values)} ms", median(values) <= most)

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
        yield Finding("unknown document", how, "<= 1.05", _middle(first), median(first) <= 1.05)
        yield Finding("the same again, compiled", how, "", _middle(again), None)

    def _upstream_itself(self, slow: Running) -> Finding:
        """What the stub and the load generator add to the time that the stub is to take."""
        requests = [f"GET /healthz HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n"]
        plan = Plan(slow.port, requests, _OPEN_CONNECTIONS, self.options.seconds, "{", 1, rate=RATE)
        found = percentile(self.load.run(plan).latencies, 50)
        return Finding("p50 of one upstream itself", f"{RATE:g}/s", f"{UPSTREAM_MS:g} ms", f"{found:.2f} ms", None)

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

    def _told(self, turn: Turn, how: str) -> Turn:
        self.say(f"round {turn.round}, gateway, {how}: {turn.requests_per_cpu_second:.0f} requests/CPU-s")
        return turn


def _middle(values: Sequence[float]) -> str:
    """Of many: the median, and between which the middle half lies."""
    return f"{median(values):.2f} ({percentile(values, 25):.2f}..{percentile(values, 75):.2f})"


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}..{max(values):.2f})"
