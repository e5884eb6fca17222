"""Tables of text."""

from collections.abc import Sequence
from statistics import median

from benchmarks.services.measuring import Measured
from benchmarks.summary import Line, Ratio

_LINES = ("target", "page", "req/s", "p50 ms", "p99 ms", "CPU ms/req", "req/CPU-s", "others' CPU ms/req")
_SERVICES = ("service", "what", "how", "target", "found", "met", "p50 ms", "p95 ms", "p99 ms", "sent", "CPU ms each")


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows)


def lines_table(found: Sequence[Line]) -> str:
    return aligned([_LINES, *(_line(each) for each in found)])


def _line(of: Line) -> tuple[str, ...]:
    return (
        of.target,
        str(of.rows),
        f"{of.requests_per_second:.0f}",
        f"{of.p50_ms:.1f}",
        f"{of.p99_ms:.1f}",
        f"{of.cpu_ms:.3f}",
        f"{of.requests_per_cpu_second:.0f}",
        " + ".join(f"{name} {ms:.2f}" for name, ms in of.upstream_cpu_ms.items()),
    )


def ratios_table(found: Sequence[Ratio]) -> str:
    return aligned([("ratio", "page", "median", "over the rounds", "of"), *(_ratio(each) for each in found)])


def _ratio(of: Ratio) -> tuple[str, ...]:
    spread = f"{of.least:.3g}..{of.greatest:.3g}"
    return (f"{of.of} / {of.over}", str(of.rows), f"{of.median:.3g}", spread, of.measure)


def shares_table(found: Sequence[Line]) -> str:
    """Who spends the CPU time of a request; the load generator apart."""
    names = [found[0].target, *found[0].upstream_cpu_ms]
    return aligned([("of a request's CPU time", "page", *names), *(_shares(each) for each in found)])


def _shares(of: Line) -> tuple[str, ...]:
    spent = [of.cpu_ms, *of.upstream_cpu_ms.values()]
    return (of.target, str(of.rows), *(f"{each / sum(spent):.0%}" for each in spent))


def services_table(found: Sequence[Measured]) -> str:
    return aligned([_SERVICES, *(_service(each) for each in found)])


def _service(of: Measured) -> tuple[str, ...]:
    """Medians over the rounds."""
    latencies = [each.latency for each in of.rounds if each.latency]
    times = [""] * 4
    if latencies:
        times = [f"{median(getattr(each, name) for each in latencies):.1f}" for name in ("p50", "p95", "p99", "sent")]
    cpu = {name: median(each.cpu_ms[name] for each in of.rounds) for name in of.rounds[0].cpu_seconds}
    told = " + ".join(f"{name} {ms:.2f}" for name, ms in cpu.items() if ms >= 0.005)
    return (of.service, of.name, of.how, of.target, of.found, "yes" if of.met else "NO", *times, told)
