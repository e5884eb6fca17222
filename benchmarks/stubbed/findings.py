"""What was found, beside what it is to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.summary import PER_CPU_SECOND, Ratio
from benchmarks.tables import aligned

_AT_LEAST: dict[int, dict[str, float]] = {
    20: {"plain": 40, "bff": 20, "mercurius": 2.5, "floor": 0.6},
    100: {"mercurius": 5, "floor": 1},
}
"""Times as many requests per CPU-second, by the page and by what is compared with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`met` is None where it could not be measured, and `found` says why."""

    what: str
    how: str
    target: str
    found: str
    met: bool | None


def of_ratios(ratios: Sequence[Ratio]) -> list[Finding]:
    return [
        Finding(
            f"gateway / {each.over}",
            f"{each.rows} batches",
            f">= {least:g}",
            f"{each.median:.3g} ({each.least:.3g}..{each.greatest:.3g})",
            each.median >= least,
        )
        for each in ratios
        if each.measure == PER_CPU_SECOND and (least := _AT_LEAST.get(each.rows, {}).get(each.over)) is not None
    ]


def findings_table(found: Sequence[Finding]) -> str:
    told = {True: "yes", False: "NO", None: "-"}
    return aligned(
        [
            ("what", "how", "target", "found", "met"),
            *((each.what, each.how, each.target, each.found, told[each.met]) for each in found),
        ]
    )


def spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}..{max(values):.2f})"
