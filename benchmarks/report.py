"""The result, for people and for programs."""

from dataclasses import dataclass

from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.real import Real
from benchmarks.stubbed.measuring import Stubbed

_CAVEAT = """\
CPU ms/req and req/CPU-s are of the target's process alone; beside them is what the others spent on one of its
requests. A ratio is of two turns in the same round; above 1 the gateway serves more requests per CPU-second (good),
or takes longer (p50, bad). Medians are over the rounds, and what follows them is the least and the greatest."""


@dataclass(frozen=True, slots=True)
class Report:
    """`foreign_share`: of the machine's CPU time while it was measured, what processes of others took."""

    machine: Machine
    options: Options
    foreign_share: float
    stubbed: Stubbed | None
    real: Real | None

    @property
    def failures(self) -> dict[str, int]:
        return {why: n for part in (self.stubbed, self.real) if part for why, n in part.failures.items()}

    def text(self) -> str:
        parts = [self._facts(), _CAVEAT]
        for part in (self.stubbed, self.real):
            parts += part.parts() if part else []
        if failures := self.failures:
            parts.append("\n".join(["REQUESTS FAILED:", *(f"{n} x {why}" for why, n in failures.items())]))
        return "\n\n".join(parts)

    def _facts(self) -> str:
        machine, options = self.machine, self.options
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        return (
            f"{machine.system}, {machine.cores} cores, {self.foreign_share:.0%} of them busy for others meanwhile; "
            f"Python {machine.python}, PostgreSQL {machine.postgresql}\n{versions}\n"
            f"{options.rounds} rounds of {options.seconds:g} s; the gateway's of {options.connections} connections, "
            "closed loop"
        )
