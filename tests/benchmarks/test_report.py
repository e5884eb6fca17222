"""What becomes of numbers, from made-up ones."""

import os
import subprocess
import sys
import time

import pytest

from benchmarks.cpu import cpu_seconds, foreign_seconds
from benchmarks.database import Ready, School
from benchmarks.errors import BenchmarkError
from benchmarks.load import Outcome
from benchmarks.machine import Machine
from benchmarks.options import PARTS, Options, parse
from benchmarks.real import Real
from benchmarks.report import Report
from benchmarks.summary import Line, Ratio, lines, ratios
from benchmarks.turns import Turn, percentile, turn


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (0.1, 1)])
def test_percentile(percent: float, expected: float) -> None:
    assert percentile([float(each) for each in range(100, 0, -1)], percent) == expected


def test_a_turn_is_charged_what_was_spent_during_its_load() -> None:
    spent = iter([{"gateway": 10.0, "cms": 1.0, "postgresql": 7.0}, {"gateway": 12.0, "cms": 1.5, "postgresql": 7.25}])
    outcome = Outcome(seconds=5, latencies=[30.0, 10.0, 20.0, 40.0], failures={"status 500": 1})
    made = turn(1, "gateway", 20, load=lambda: outcome, spent=lambda: next(spent))
    assert made == Turn(
        round=1,
        target="gateway",
        rows=20,
        requests=4,
        failures={"status 500": 1},
        seconds=5,
        p50_ms=20,
        p99_ms=40,
        cpu_seconds=2,
        upstream_cpu_seconds={"cms": 0.5, "postgresql": 0.25},
    )
    assert (made.requests_per_second, made.cpu_ms, made.requests_per_cpu_second) == (0.8, 500, 2)
    assert made.upstream_cpu_ms == {"cms": 125, "postgresql": 62.5}


def test_a_turn_without_a_good_answer_is_no_measurement() -> None:
    with pytest.raises(BenchmarkError, match=r"bff answered nothing good to 20 rows: .*status 401"):
        turn(1, "bff", 20, load=lambda: Outcome(1, failures={"status 401": 9}), spent=lambda: {"bff": 0.0})


def a_turn(target: str, number: int, requests: int, p50: float, **failures: int) -> Turn:
    return Turn(number, target, 20, requests, failures, 2, p50, 2 * p50, 1, {"cms": 0.1})


TURNS = [
    *(a_turn("gateway", 1, 100, 10), a_turn("bff", 1, 200, 5)),
    *(a_turn("gateway", 2, 125, 12), a_turn("bff", 2, 500, 4)),
    *(a_turn("gateway", 3, 160, 11), a_turn("bff", 3, 160, 22, hung_up=2)),
]


def test_lines_are_medians_over_the_rounds() -> None:
    assert lines(TURNS) == [
        Line("gateway", 20, 62.5, 11, 22, 8, 125, {"cms": 0.8}),
        Line("bff", 20, 100, 5, 10, 5, 200, {"cms": 0.5}),
    ]


def test_ratios_are_of_turns_in_the_same_round() -> None:
    assert ratios(TURNS, "gateway") == [
        Ratio("gateway", "bff", "requests per CPU-second", 20, 0.5, 0.25, 1),
        Ratio("gateway", "bff", "p50", 20, 2, 0.5, 3),
    ]


def test_the_report_tells_the_table_the_ratios_and_the_failures() -> None:
    real = Real.of(School(1000, 100, 8), ready(38.2), TURNS, [])
    report = Report(Machine(cores=2), Options(3, 4, 16), 0.314, None, real)
    told = [" ".join(line.split()) for line in report.text().splitlines()]
    assert "gateway 20 62 11.0 22.0 8.000 125 cms 0.80" in told
    assert "bff 20 100 5.0 10.0 5.000 200 cms 0.50" in told
    assert "of a request's CPU time page gateway cms" in told
    assert "gateway 20 91% 9%" in told
    assert "gateway / bff 20 0.5 0.25..1 requests per CPU-second" in told
    assert "2 x bff: hung_up" in told
    assert "seeded in 38 s:\n1,234,567 associations, 1,000,000 batches in RAS" in report.text()
    assert "3 rounds of 4 s; the gateway's of 16 connections" in report.text()
    assert "2 cores, 31% of them busy for others meanwhile" in report.text()


def test_nothing_is_said_of_failures_where_there_are_none() -> None:
    report = Report(Machine(), Options(1, 1, 1), 0, None, Real.of(School(), ready(None), TURNS[:4], []))
    assert report.failures == {}
    assert "FAILED" not in report.text()
    assert "kept from an earlier run" in report.text()


def ready(seeded_seconds: float | None) -> Ready:
    return Ready(1, "", "", 1_234_567, seeded_seconds)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], Options(3, 3, 16)),
        (["--only", "cms"], Options(3, 3, 16, ("cms",))),
        (["--only", "peers", "--only=gateway", "--soak", "10"], Options(3, 3, 16, ("peers", "gateway"), 10)),
        (["--quick"], Options(1, 1, 16)),
        (["--quick", "--seconds", "0.5", "--connections", "2"], Options(1, 0.5, 2)),
    ],
)
def test_options(given: list[str], expected: Options) -> None:
    assert parse(given) == expected


def test_everything_is_wanted_unless_parts_are_chosen() -> None:
    assert all(parse([]).wants(part) for part in PARTS)
    chosen = parse(["--only", "peers", "--only", "ras"])
    assert [part for part in PARTS if chosen.wants(part)] == ["peers", "ras"]
    assert chosen.wants("cms", "ras")


@pytest.mark.parametrize(
    "given",
    [["--rounds", "0"], ["--seconds", "nan"], ["--connections", "-1"], ["--only", "x"], ["--soak", "ten"], ["more"]],
)
def test_a_wrong_call_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(given)


def test_the_time_of_children_is_ours_and_not_the_others() -> None:
    begun, ours, theirs = time.monotonic(), cpu_seconds(os.getpid()), foreign_seconds()
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    spent, foreign = cpu_seconds(os.getpid()) - ours, foreign_seconds() - theirs
    there_was = (time.monotonic() - begun) * (os.cpu_count() or 1)
    assert spent >= 0.49
    assert foreign <= there_was - spent + 0.1
