"""What was found over the real CMS, RAS and PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from benchmarks.database import Ready, School
from benchmarks.services.measuring import Measured
from benchmarks.summary import Line, Ratio, failures, lines, ratios
from benchmarks.tables import lines_table, ratios_table, services_table, shares_table
from benchmarks.turns import Turn

_CAVEAT = """\
The cores are shared by the target, CMS, RAS, PostgreSQL and the load generator: req/s and the times are the whole
machine's. Tokens are HS256, so the gateway runs as in development and tells `extensions.upstream`."""
_OF_SERVICES = """\
What is found is the median over the rounds. Latencies count from when a request was due, and in an open loop that is
fixed beforehand; `sent` is how late, at p95, the generator itself was. PostgreSQL flushes each commit to the disk."""


@dataclass(frozen=True, slots=True)
class Real:
    school: School
    seeded_seconds: float | None
    associations: int
    turns: Sequence[Turn]
    lines: Sequence[Line]
    ratios: Sequence[Ratio]
    services: Sequence[Measured]

    @classmethod
    def of(cls, school: School, database: Ready, turns: Sequence[Turn], services: Sequence[Measured]) -> Self:
        return cls(
            school=school,
            seeded_seconds=database.seeded_seconds,
            associations=database.associations,
            turns=turns,
            lines=lines(turns),
            ratios=ratios(turns, "gateway"),
            services=services,
        )

    @property
    def failures(self) -> dict[str, int]:
        of_services = {f"{each.name}: {why}": n for each in self.services for why, n in each.failures.items()}
        return failures(self.turns) | of_services

    def parts(self) -> list[str]:
        parts = [self._facts()]
        if self.turns:
            gateway = [each for each in self.lines if each.target == "gateway"]
            parts += [lines_table(self.lines), shares_table(gateway), ratios_table(self.ratios), _CAVEAT]
        if self.services:
            parts += [services_table(self.services), _OF_SERVICES]
        return parts

    def _facts(self) -> str:
        seeded = "kept from an earlier run"
        if self.seeded_seconds is not None:
            seeded = f"seeded in {self.seeded_seconds:.0f} s"
        return (
            f"OVER THE REAL SERVICES: {self.school.teachers:,} teachers x {self.school.batches} batches x "
            f"{self.school.essays} essays, {seeded}:\n{self.associations:,} associations, "
            f"{self.school.all_batches:,} batches in RAS"
        )
