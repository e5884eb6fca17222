"""Before anything is measured: all targets tell the same of the same teachers."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from benchmarks.connection import Connection
from benchmarks.errors import BenchmarkError
from benchmarks.load import LOOPBACK
from benchmarks.targets import PAGE_SIZES, Page, Target


async def check(targets: Sequence[Target], callers: Sequence[str]) -> None:
    """Raises BenchmarkError that names the first difference."""
    for caller in callers:
        for rows in PAGE_SIZES:
            first, *others = [await page(target, caller, rows) for target in targets]
            if len(first.rows) != rows:
                raise BenchmarkError(f"{targets[0].name} answers {len(first.rows)} rows instead of {rows}")
            for target, other in zip(targets[1:], others, strict=True):
                if other != first:
                    raise BenchmarkError(f"{target.name} differs from {targets[0].name}: {_difference(first, other)}")


async def check_whole(targets: Sequence[Target], callers: Sequence[str]) -> None:
    """Of targets with the same graph: their data are the same to the last field. Raises BenchmarkError."""
    for caller in callers:
        for rows in PAGE_SIZES:
            first, *others = [_in_one_spelling((await answered(each, caller, rows))["data"]) for each in targets]
            for target, other in zip(targets[1:], others, strict=True):
                if other != first:
                    raise BenchmarkError(f"{target.name} answers other data than {targets[0].name}")


def _in_one_spelling(value: Any) -> Any:
    """Of the zone."""
    match value:
        case dict():
            return {key: _in_one_spelling(each) for key, each in value.items()}
        case list():
            return [_in_one_spelling(each) for each in value]
        case str():
            return re.sub(r"\+00:00$", "Z", value)
    return value


async def page(target: Target, caller: str, rows: int) -> Page:
    return target.page(await answered(target, caller, rows))


async def answered(target: Target, caller: str, rows: int) -> Any:
    """The JSON. Raises BenchmarkError when it is none, or tells of errors."""
    connection = await Connection.open(LOOPBACK, target.port)
    try:
        async with asyncio.timeout(10):
            answer = await connection.ask(target.request(caller, rows).encode("ascii"))
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchmarkError(f"{target.name} answers {answer.status} {answer.body[:200]!r}")
    told = msgspec.json.decode(answer.body)
    if "errors" in told:
        raise BenchmarkError(f"{target.name} answers {told['errors']}")
    return told


def _difference(one: Page, other: Page) -> str:
    if one.total != other.total:
        return f"total {other.total} instead of {one.total}"
    if len(one.rows) != len(other.rows):
        return f"{len(other.rows)} rows instead of {len(one.rows)}"
    return next(
        f"{theirs} instead of {ours}" for ours, theirs in zip(one.rows, other.rows, strict=True) if ours != theirs
    )
