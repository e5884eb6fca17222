"""Before anything is measured: all targets tell the same of the same teachers."""

import asyncio
from collections.abc import Sequence

import msgspec

from benchmarks.connection import Connection
from benchmarks.errors import BenchmarkError
from benchmarks.load import LOOPBACK
from benchmarks.targets import PAGE_SIZES, Page, Target


async def check(targets: Sequence[Target], tokens: Sequence[str]) -> None:
    """Raises BenchmarkError that names the first difference."""
    for token in tokens:
        for rows in PAGE_SIZES:
            first, *others = [await page(target, token, rows) for target in targets]
            if len(first.rows) != rows:
                raise BenchmarkError(f"{targets[0].name} answers {len(first.rows)} rows instead of {rows}")
            for target, other in zip(targets[1:], others, strict=True):
                if other != first:
                    raise BenchmarkError(f"{target.name} differs from {targets[0].name}: {_difference(first, other)}")


async def page(target: Target, token: str, rows: int) -> Page:
    connection = await Connection.open(LOOPBACK, target.port)
    try:
        async with asyncio.timeout(10):
            answer = await connection.ask(target.request(token, rows).encode("ascii"))
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchmarkError(f"{target.name} answers {answer.status} {answer.body[:200]!r}")
    told = msgspec.json.decode(answer.body)
    if "errors" in told:
        raise BenchmarkError(f"{target.name} answers {told['errors']}")
    return target.page(told)


def _difference(one: Page, other: Page) -> str:
    if one.total != other.total:
        return f"total {other.total} instead of {one.total}"
    if len(one.rows) != len(other.rows):
        return f"{len(other.rows)} rows instead of {len(one.rows)}"
    return next(
        f"{theirs} instead of {ours}" for ours, theirs in zip(one.rows, other.rows, strict=True) if ours != theirs
    )
