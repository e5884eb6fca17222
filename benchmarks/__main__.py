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
from benchmarks.real import Real
from benchmarks.report import Report
from benchmarks.services.measuring import measured
from benchmarks.stack import log_folder, running
from benchmarks.stubbed.markdown import markdown
from benchmarks.stubbed.measuring import measured as over_stubs

FOLDER = Path(".run/bench")
RESULT = FOLDER / "result.json"
TABLE = FOLDER / "table.md"


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
    if report.stubbed and report.stubbed.turns:
        TABLE.write_text(markdown(report.stubbed.lines, report.stubbed.ratios) + "\n")
        print(f"The README's table is in {TABLE}.")
    return 1 if report.failures else 0


def _measured(options: Options) -> Report:
    begun, foreign = time.monotonic(), foreign_seconds()
    machine = Machine()
    logs = log_folder(FOLDER)
    stubbed = over_stubs(logs, options, _say) if options.wants("peers", "gateway") else None
    real = _real(options, machine) if options.wants("real", "cms", "ras") else None
    share = (foreign_seconds() - foreign) / (time.monotonic() - begun) / machine.cores
    return Report(machine, options, share, stubbed, real)


def _real(options: Options, machine: Machine) -> Real:
    turns = []
    _say("Starting PostgreSQL, CMS, RAS, the gateway, and what stands beside them")
    with running(FOLDER) as stack, generator(FOLDER / "logs") as load:
        comparison = prepared(stack, load, options, _say) if options.wants("real") else None
        for turn in comparison.turns() if comparison else ():
            _say(turn.told)
            turns.append(turn)
        services = list(measured(stack, load, options, machine.cores, _say))
        return Real.of(SCHOOL, stack.database, turns, services)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
