"""At a fixed rate, whatever became of the requests before: by how much an answer takes longer than its upstreams."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.generator import Generator
from benchmarks.load import Plan
from benchmarks.options import Options
from benchmarks.stubbed.findings import Finding, spread
from benchmarks.turns import percentile

RATE = 250.0
MOST = {50: 1.5, 99: 4}
"""ms by percentile."""
_CONNECTIONS = 64


@dataclass(slots=True)
class Asked:
    """`waits`: ms that its upstreams take. `judged`: held to MOST, and not only there to compare with."""

    name: str
    port: int
    requests: list[str]
    mark: str
    rows: int
    waits: float
    judged: bool = False
    found: dict[int, list[float]] = field(default_factory=lambda: {each: [] for each in MOST})
    failed: int = 0

    def findings(self) -> Iterator[Finding]:
        for percent, values in self.found.items():
            most, failed = MOST[percent], f", {self.failed} failed" if self.failed else ""
            yield Finding(
                f"p{percent}",
                f"{self.name}, {RATE:g}/s, open loop, above {self.waits:g} ms",
                f"<= {most:g} ms" if self.judged else "",
                f"{spread(values)} ms{failed}",
                median(values) <= most and not self.failed if self.judged else None,
            )


def at_a_rate(
    load: Generator, options: Options, asked: Sequence[Asked], say: Callable[[str], None]
) -> Iterator[Finding]:
    """Of one after the other, in turns."""
    for number in range(1, options.rounds + 1):
        for each in asked:
            outcome = load.run(
                Plan(each.port, each.requests, _CONNECTIONS, options.seconds, each.mark, each.rows, rate=RATE)
            )
            each.failed += sum(outcome.failures.values())
            for percent, values in each.found.items():
                values.append(percentile(outcome.latencies, percent) - each.waits)
            told = ", ".join(f"p{percent} {values[-1]:.2f}" for percent, values in each.found.items())
            say(f"round {number}, {each.name}, {RATE:g}/s: {told} ms above {each.waits:g} ms")
    for each in asked:
        yield from each.findings()
