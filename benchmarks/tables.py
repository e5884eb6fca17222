"""Tables of text."""

from collections.abc import Sequence
from statistics import median

from benchmarks.services.measuring import Measured

_HEADINGS = ("service", "what", "how", "target", "found", "met", "p50 ms", "p95 ms", "p99 ms", "sent", "CPU ms each")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows)


def services_table(found: Sequence[Measured]) -> str:
    return aligned([_HEADINGS, *(_cells(each) for each in found)])


def _cells(of: Measured) -> tuple[str, ...]:
    """Medians over the rounds."""
    latencies = [each.latency for each in of.rounds if each.latency]
    times = [""] * 4
    if latencies:
        times = [f"{median(getattr(each, name) for each in latencies):.1f}" for name in ("p50", "p95", "p99", "sent")]
    cpu = {name: median(each.cpu_ms[name] for each in of.rounds) for name in of.rounds[0].cpu_seconds}
    told = " + ".join(f"{name} {ms:.2f}" for name, ms in cpu.items() if ms >= 0.005)
    return (of.service, of.name, of.how, of.target, of.found, "yes" if of.met else "NO", *times, told)
