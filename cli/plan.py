"""`plan`: the most upstream calls that a document can make, from the document alone."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from gateway.bounds import Bill
from gateway.planning import Planned, PlanningError, planned
from gateway.schema import schema


def plan(file: str, *, operation: str | None, variables: str | None) -> int:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        plans = planned(schema._schema, text, operation=operation, given=_given(variables))  # noqa: SLF001
    except UnicodeDecodeError:
        raise CommandError(f"{file} is not UTF-8") from None
    except PlanningError as error:
        raise CommandError(f"{file}: {error}") from None
    print("\n\n".join("\n".join(_told(each)) for each in plans))
    return 0


def _given(variables: str | None) -> dict[str, Any]:
    try:
        given = json.loads(variables or "{}")
    except (ValueError, RecursionError) as error:
        raise CommandError(f"--variables is not JSON: {error}", status=2) from None
    if not isinstance(given, dict):
        raise CommandError('--variables is not a JSON object such as {"first": 50}', status=2)
    return given


def _told(each: Planned) -> Iterator[str]:
    if each.kind == "subscription":
        yield f"{each.kind} {each.name}: at most {_calls(each.plan.before)} before the first event"
        yield from _lines(each.plan.before)
        yield f"and at most {_calls(each.plan.bill)} for each event"
    else:
        yield f"{each.kind} {each.name}: at most {_calls(each.plan.bill)}"
    yield from _lines(each.plan.bill)
    yield from (f"where {assumed}" for assumed in each.assumed)


def _lines(bill: Bill) -> Iterator[str]:
    rows = [
        (
            read.service,
            read.methods(bill.keys[read]),
            read.path,
            _counted(calls, "call"),
            _counted(bill.keys[read], "key"),
        )
        for read, calls in bill.calls.items()
    ]
    widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
    for row in sorted(rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _calls(bill: Bill) -> str:
    return _counted(bill.calls.total(), "call")


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
