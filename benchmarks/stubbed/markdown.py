"""The table that the README shows."""

from collections.abc import Sequence

from benchmarks.summary import PER_CPU_SECOND, Line, Ratio
from benchmarks.targets import PAGE_SIZES

_TITLES = {
    "gateway": "**gateway**, all features of production on",
    "floor": "floor: raw ASGI, joined by hand",
    "bff": "hand-written backend-for-frontend (FastAPI, httpx, pydantic)",
    "plain": "plain Strawberry on httpx",
    "mercurius": "Mercurius with JIT (Node)",
    "yoga": "GraphQL Yoga with JIT (Node)",
    "apollo": "Apollo Server (Node)",
}


def markdown(lines: Sequence[Line], ratios: Sequence[Ratio]) -> str:
    """Requests per CPU-second, and how many times as many the gateway serves."""
    headings = [f"{rows} batches | gateway's, times" for rows in PAGE_SIZES]
    found = {(each.target, each.rows): each for each in lines}
    times = {(each.over, each.rows): each for each in ratios if each.measure == PER_CPU_SECOND}
    rows = ["| dashboard, requests per CPU-second | " + " | ".join(headings) + " |", "| --- " * 5 + "|"]
    for target in dict.fromkeys(each.target for each in lines):
        cells = [
            f"{found[target, size].requests_per_cpu_second:,.0f} | {_told(times.get((target, size)))}"
            for size in PAGE_SIZES
        ]
        rows.append(f"| {_TITLES[target]} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _told(ratio: Ratio | None) -> str:
    return f"{ratio.median:.3g} ({ratio.least:.3g} to {ratio.greatest:.3g})" if ratio else ""
