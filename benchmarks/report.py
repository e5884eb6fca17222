"""The result, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks.database import Ready, School
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.services.measuring import Measured
from benchmarks.summary import Line, Ratio, failures, lines, ratios
from benchmarks.tables import aligned, services_table
from benchmarks.turns import Turn

_HEADINGS = ("target", "page", "req/s", "p50 ms", "p99 ms", "CPU ms/req", "req/CPU-s", "upstream CPU ms/req")
_CAVEAT = """\
{cores} cores are shared by the target, CMS, RAS, PostgreSQL and the load generator: req/s and the times are the whole
machine's. CPU ms/req and req/CPU-s are of the target's process alone; upstream CPU is what the others spent on one of
its requests. A ratio is of two turns in the same round; above 1 the gateway serves more requests per CPU-second (good),
or takes longer (p50, bad). Tokens are HS256, so the gateway runs as in development and tells `extensions.upstream`."""
_OF_SERVICES = """\
What is found is the median over the rounds. Latencies count from when a request was due, and in an open loop that is
fixed beforehand; `sent` is how late, at p95, the generator itself was. PostgreSQL flushes each commit to the disk."""


@dataclass(frozen=True, slots=True)
class Report:
    """`foreign_share`: of the machine's CPU time while it was measured, what processes of others took."""

    machine: Machine
    school: School
    options: Options
    seeded_seconds: float | None
    associations: int
    foreign_share: float
    turns: Sequence[Turn]
    lines: Sequence[Line]
    ratios: Sequence[Ratio]
    services: Sequence[Measured]
    failures: dict[str, int]

    @classmethod
    def of(
        cls,
        machine: Machine,
        school: School,
        options: Options,
        database: Ready,
        *,
        turns: Sequence[Turn],
        services: Sequence[Measured],
        foreign_share: float,
    ) -> Self:
        return cls(
            machine=machine,
            school=school,
            options=options,
            seeded_seconds=database.seeded_seconds,
            associations=database.associations,
            foreign_share=foreign_share,
            turns=turns,
            lines=lines(turns),
            ratios=ratios(turns, "gateway"),
            services=services,
            failures=failures(turns)
            | {f"{each.name}: {why}": n for each in services for why, n in each.failures.items()},
        )

    def text(self) -> str:
        parts = [self._facts()]
        if self.turns:
            caveat = _CAVEAT.format(cores=self.machine.cores)
            parts += [_table(self.lines), _ratio_table(self.ratios), caveat]
        if self.services:
            parts += [services_table(self.services), _OF_SERVICES]
        if self.failures:
            told = [f"{times} x {reason}" for reason, times in self.failures.items()]
            parts.append("\n".join(["REQUESTS FAILED:", *told]))
        return "\n\n".join(parts)

    def _facts(self) -> str:
        machine, school, options = self.machine, self.school, self.options
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        seeded = "kept from an earlier run"
        if self.seeded_seconds is not None:
            seeded = f"seeded in {self.seeded_seconds:.0f} s"
        return (
            f"{machine.system}, {machine.cores} cores, {self.foreign_share:.0%} of them busy for others meanwhile; "
            f"Python {machine.python}, PostgreSQL {machine.postgresql}\n{versions}\n"
            f"{school.teachers:,} teachers x {school.batches} batches x {school.essays} essays, {seeded}: "
            f"{self.associations:,} associations, {school.all_batches:,} batches in RAS\n"
            f"{options.rounds} rounds of {options.seconds:g} s; the gateway's of {options.connections} connections, "
            "closed loop"
        )


def _table(found: Sequence[Line]) -> str:
    return aligned([_HEADINGS, *(_cells(each) for each in found)])


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.target,
        str(line.rows),
        f"{line.requests_per_second:.0f}",
        f"{line.p50_ms:.1f}",
        f"{line.p99_ms:.1f}",
        f"{line.cpu_ms:.2f}",
        f"{line.requests_per_cpu_second:.0f}",
        " + ".join(f"{name} {ms:.1f}" for name, ms in line.upstream_cpu_ms.items()),
    )


def _ratio_table(found: Sequence[Ratio]) -> str:
    cells = [
        (
            f"{each.of} / {each.over}",
            str(each.rows),
            f"{each.median:.3g}",
            f"{each.least:.3g}..{each.greatest:.3g}",
            each.measure,
        )
        for each in found
    ]
    return aligned([("ratio", "page", "median", "over the rounds", "of"), *cells])
