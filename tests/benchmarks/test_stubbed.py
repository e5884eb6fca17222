"""What is measured over the stub upstreams, as processes of their own."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks import agreement
from benchmarks.errors import BenchmarkError
from benchmarks.generator import generator
from benchmarks.options import Options
from benchmarks.stubbed import alone, node
from benchmarks.stubbed.alone import Alone
from benchmarks.stubbed.callers import Callers
from benchmarks.stubbed.cold import make_cold
from benchmarks.stubbed.cores import Cores, on
from benchmarks.stubbed.findings import Finding, findings_table, of_ratios
from benchmarks.stubbed.markdown import markdown
from benchmarks.stubbed.measuring import Stubbed
from benchmarks.stubbed.peers import target
from benchmarks.stubbed.rate import Asked
from benchmarks.stubbed.stage import Running, Stage
from benchmarks.summary import Line, Ratio
from benchmarks.targets import graph_page

Starting = Callable[[str], Running]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, Cores())


@pytest.fixture
def callers(stage: Stage) -> Callers:
    made = Callers(stage.wiring.jwt_secret, ["teacher-00000001", "teacher-000003e7"])
    made.write_public_key(stage.key_file)
    return made


@pytest.fixture
def gateway_and(stage: Stage) -> Iterator[Callable[..., list[Running]]]:
    with ExitStack() as stack:
        upstreams = stack.enter_context(stage.upstreams())

        def start(*names: str) -> list[Running]:
            gateway = stack.enter_context(stage.gateway(upstreams, {}))
            return [gateway, *(stack.enter_context(stage.peer(name, upstreams)) for name in names)]

        yield start


def agree(running: list[Running], callers: Callers) -> None:
    gateway, *peers = running
    targets = [target(gateway, callers.of_gateway), *(target(each, callers.of_peers) for each in peers)]
    asyncio.run(agreement.check(targets, callers.teachers))
    asyncio.run(agreement.check_whole([each for each in targets if each.page is graph_page], callers.teachers))


def test_the_gateway_as_in_production_agrees_with_its_peers_in_python(
    gateway_and: Callable[..., list[Running]], callers: Callers
) -> None:
    agree(gateway_and("floor", "bff", "plain"), callers)


@pytest.mark.skipif(
    not (shutil.which("node") and (node.FOLDER / "node_modules").exists()),
    reason="the servers of Node are not installed: `npm ci` in benchmarks/node",
)
def test_the_gateway_agrees_with_its_peers_in_node_which_want_a_valid_token(
    gateway_and: Callable[..., list[Running]], callers: Callers
) -> None:
    running = gateway_and(*node.NAMES)
    agree(running, callers)
    stranger = Callers("another-secret-of-more-than-32-characters", callers.teachers)
    for each in running[1:]:
        with pytest.raises(BenchmarkError, match=f"{each.name} answers 401"):
            asyncio.run(agreement.page(target(each, stranger.of_peers), callers.teachers[0], 20))


async def test_unknown_documents_are_timed_for_both(stage: Stage) -> None:
    times = await make_cold().times(3)
    assert [len(each) for each in (times.ours, times.theirs, times.again)] == [3, 3, 3]
    assert min(*times.ours, *times.theirs, *times.again) > 0


def test_without_node_it_is_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setenv("PATH", "")
    assert node.found(said.append) == ()
    assert said == ["Without the servers of Node: there is no node"]


def test_ratios_are_held_to_their_targets() -> None:
    ratios = [
        Ratio("gateway", "mercurius", "requests per CPU-second", 20, 2.6, 2.4, 3),
        Ratio("gateway", "mercurius", "requests per CPU-second", 100, 4.9, 4.8, 5.2),
        Ratio("gateway", "mercurius", "p50", 20, 0.3, 0.2, 0.4),
        Ratio("gateway", "yoga", "requests per CPU-second", 20, 3, 3, 3),
    ]
    assert of_ratios(ratios) == [
        Finding("gateway / mercurius", "20 batches", ">= 2.5", "2.6 (2.4..3)", True),
        Finding("gateway / mercurius", "100 batches", ">= 5", "4.9 (4.8..5.2)", False),
    ]


def test_what_could_not_be_measured_is_neither_met_nor_missed() -> None:
    unmeasured = Finding("two workers", "", ">= 1.8", "two cores", None)
    told = Stubbed("not pinned", findings=[Finding("RSS", "", "< 90", "96", False), unmeasured]).parts()[-1]
    assert [line.split()[-1] for line in told.splitlines()] == ["met", "NO", "-"]
    assert findings_table([unmeasured]).splitlines()[1].endswith("two cores    -")


def test_a_rate_at_which_requests_failed_was_not_kept() -> None:
    asked = Asked("gateway", 1, [], "", 20, 10, judged=True, found={50: [1.5, 0.5, 2], 99: [4.5]})
    p50, p99 = asked.findings()
    assert (p50.found, p50.target, p50.met) == ("1.50 (0.50..2.00) ms", "<= 1.5 ms", True)
    assert (p99.found, p99.target, p99.met) == ("4.50 (4.50..4.50) ms", "<= 4 ms", False)
    asked.failed = 3
    p50, _ = asked.findings()
    assert (p50.found, p50.met) == ("1.50 (0.50..2.00) ms, 3 failed", False)
    asked.judged = False
    p50, _ = asked.findings()
    assert (p50.target, p50.met) == ("", None)


def test_processes_are_started_on_their_own_core() -> None:
    before = Cores.found()
    if not before.measured:
        pytest.skip("there is one core, or no choice")
    assert not before.measured & before.others
    with on(before.others):
        assert Cores.found().measured <= before.others
    assert Cores.found() == before


def test_the_readmes_table_is_of_requests_per_cpu_second() -> None:
    lines = [
        Line(target, rows, 1, 1, 1, 1, per_second, {})
        for rows in (20, 100)
        for target, per_second in (("gateway", 8000.4), ("mercurius", 2000))
    ]
    ratios = [Ratio("gateway", "mercurius", "requests per CPU-second", rows, 4, 3.5, 4.251) for rows in (20, 100)]
    assert markdown(lines, ratios).splitlines()[2:] == [
        "| **gateway**, all features of production on | 8,000 |  | 8,000 |  |",
        "| Mercurius with JIT (Node) | 2,000 | 4 (3.5 to 4.25) | 2,000 | 4 (3.5 to 4.25) |",
    ]


def test_the_gateway_alone_is_measured_in_every_way(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = Callers(stage.wiring.jwt_secret)  # so that nobody asks more often than a teacher may
    everyone.write_public_key(stage.key_file)
    monkeypatch.setattr(alone, "DOCUMENTS", 2)
    monkeypatch.setattr(alone, "GROWING", (20, 1000))
    monkeypatch.setattr(alone, "CROWD", 8)
    said: list[str] = []
    with generator(stage.logs) as load:
        found = list(Alone(stage, everyone, load, Options(1, 0.2, 4), said.append).findings())
    assert [each.what for each in found] == [
        *["RSS of a worker"] * 2,
        "p99 / p50",
        "throughput in a crowd",
        "RSS of a worker",
        "us of CPU per row",
        "RSS of a worker",
        *["two workers"] * 2,
        "unknown document",
        "the same again, compiled",
        *["p50", "p99"] * 3,
    ]
    judged = [(each.what, each.how.split(",")[0]) for each in found if each.met is not None]
    assert {name for what, name in judged if what in ("p50", "p99")} == {"gateway"}
    assert [name for what, name in judged if what == "RSS of a worker"] == [
        "after 20 and 100 batches",
        "after 8 connections",
    ]
    assert any("1000 rows" in each for each in said)
