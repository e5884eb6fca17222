"""What is measured over stubs, part by part."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator import generator
from benchmarks.options import Options
from benchmarks.stubbed.alone import Alone
from benchmarks.stubbed.callers import Callers
from benchmarks.stubbed.cores import Cores, on
from benchmarks.stubbed.findings import Finding, findings_table, of_ratios
from benchmarks.stubbed.peers import compared
from benchmarks.stubbed.stage import Stage
from benchmarks.summary import Line, Ratio, failures, lines, ratios
from benchmarks.tables import lines_table, ratios_table
from benchmarks.turns import Turn

_CAVEAT = """\
each teacher's two answers come from memory.
The gateway is as in production: EdDSA tokens, metrics, limits, and a line of log for each request. The servers of
Node verify HS256 tokens and keep what they verified; they write no log and have no metrics and no limits."""


@dataclass(frozen=True, slots=True)
class Stubbed:
    """`pinned` tells which cores were whose."""

    pinned: str
    turns: Sequence[Turn] = ()
    lines: Sequence[Line] = ()
    ratios: Sequence[Ratio] = ()
    findings: Sequence[Finding] = ()

    def parts(self) -> list[str]:
        parts = [f"OVER STUB UPSTREAMS: {self.pinned}; {_CAVEAT}"]
        if self.turns:
            parts += [lines_table(self.lines), ratios_table(self.ratios)]
        return [*parts, findings_table(self.findings)] if self.findings else parts

    @property
    def failures(self) -> dict[str, int]:
        return failures(self.turns)


def measured(logs: Path, options: Options, say: Callable[[str], None]) -> Stubbed:
    """Raises BenchmarkError when something does not start, the targets disagree, or a request failed."""
    cores = Cores.found()
    stage = Stage(logs, cores)
    callers = Callers(stage.wiring.jwt_secret)
    callers.write_public_key(stage.key_file)
    turns: list[Turn] = []
    findings: list[Finding] = []
    # What is not measured keeps off the core of what is, we ourselves too.
    with on(cores.others), generator(logs) as load:
        if options.wants("peers"):
            say("Starting the gateway and its peers over stub upstreams")
            with compared(stage, callers, load, options, say) as comparison:
                for turn in comparison.turns():
                    say(turn.told)
                    turns.append(turn)
            findings += of_ratios(ratios(turns, "gateway"))
        if options.wants("gateway"):
            say("Starting the gateway alone over stub upstreams")
            findings += Alone(stage, callers, load, options, say).findings()
    return Stubbed(cores.told, turns, lines(turns), ratios(turns, "gateway"), findings)
