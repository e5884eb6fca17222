"""`python -m benchmarks`: see `--help`."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.comparison import prepared
from benchmarks.cpu import foreign_seconds
from benchmarks.database import SCHOOL
from benchmarks.errors import BenchmarkError
from benchmarks.generator import generator
from benchmarks.machine import Machine
from benchmarks.options import Options, parse
from benchmarks.report import Report
from benchmarks.services.measuring import measured
from benchmarks.stack import running
from benchmarks.turns import Turn

FOLDER = Path(".run/bench")
RESULT = FOLDER / "result.json"


def main(argv: Sequence[str] | None = None) -> int:
    """1 when something does not start, the targets disagree, or a request failed."""
    options = parse(argv)
    try:
        report = _measured(options)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    print(f"\n{report.text()}\n\nAll of it is in {RESULT}.")
    return 1 if report.failures else 0


def _measured(options: Options) -> Report:
    machine, turns = Machine(), []
    _say("Starting PostgreSQL, CMS, RAS, the gateway, and what stands beside them")
    with running(FOLDER) as stack, generator(FOLDER / "logs") as load:
        comparison = prepared(stack, load, options, _say) if options.wants("gateway") else None
        begun, foreign = time.monotonic(), foreign_seconds()
        for turn in comparison.turns() if comparison else ():
            _say(_told(turn))
            turns.append(turn)
        services = list(measured(stack, load, options, machine.cores, _say))
        share = (foreign_seconds() - foreign) / (time.monotonic() - begun) / machine.cores
        return Report.of(machine, SCHOOL, options, stack.database, turns=turns, services=services, foreign_share=share)


def _told(turn: Turn) -> str:
    return f"round {turn.round}, {turn.rows:3} rows, {turn.target}: {turn.requests_per_second:.0f} requests/s"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
