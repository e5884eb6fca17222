"""What a number is to be, and whether it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.services.rounds import Round


@dataclass(frozen=True, slots=True)
class Below:
    """The p95 latency, in ms."""

    limit: float

    def value(self, rounds: Sequence[Round]) -> float:
        """The median over the rounds."""
        return median(each.latency.p95 for each in rounds if each.latency)

    def met(self, value: float) -> bool:
        return value < self.limit

    def told(self, value: float) -> str:
        return f"p95 {value:.1f} ms"

    def __str__(self) -> str:
        return f"p95 < {self.limit:g} ms"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So many per second."""

    limit: float

    def value(self, rounds: Sequence[Round]) -> float:
        """The median over the rounds."""
        return median(each.per_second for each in rounds)

    def met(self, value: float) -> bool:
        return value >= self.limit

    def told(self, value: float) -> str:
        return f"{value:,.0f}/s"

    def __str__(self) -> str:
        return f">= {self.limit:,.0f}/s"


Goal = Below | AtLeast
