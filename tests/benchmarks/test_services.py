"""The services' measurements, on the real services."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from benchmarks import rows
from benchmarks.database import SCHOOL
from benchmarks.errors import BenchmarkError
from benchmarks.load import LOOPBACK, Outcome, Plan, run
from benchmarks.machine import Machine
from benchmarks.options import Options
from benchmarks.real import Real
from benchmarks.report import Report
from benchmarks.services.asking import CLASS_INFO_IDS, GUESTS, Asking
from benchmarks.services.goals import AtLeast, Below
from benchmarks.services.measuring import Measured
from benchmarks.services.relay import Backlog
from benchmarks.services.rounds import Latency, Round, one_round
from benchmarks.sink import Sink
from benchmarks.wiring import RELAYED
from cli.school import load_made
from cms_service.app import create_app as create_cms
from cms_service.settings import CmsSettings
from ras_service.app import create_app as create_ras
from ras_service.settings import RasSettings
from tests.benchmarks.serving import served
from tests.benchmarks.test_report import ready
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.databases import Databases

ASKING = Asking(KEY)


@pytest.fixture(scope="module")
async def urls(databases: Databases) -> dict[str, str]:
    """A made school, and what is added to it."""
    made = {name: await migrated(databases, name) for name in ("cms", "ras")}
    await load_made(made["cms"], made["ras"], teachers=2, batches=100, essays=2, progress=lambda _: None)
    for _ in range(2):
        await rows.renew_teachers(made["cms"])
    await rows.add_batches(made["ras"], 2)
    return made


@pytest.fixture
async def ports(urls: Mapping[str, str]) -> AsyncIterator[dict[str, int]]:
    async with served(Sink(), lifespan="off") as sink:
        key, told = SecretStr(KEY), {RELAYED: (f"http://{LOOPBACK}:{sink}/events",)}
        cms = create_cms(CmsSettings(internal_api_key=key, database_url=urls["cms"], event_subscribers=told))
        ras = create_ras(RasSettings(internal_api_key=key, database_url=urls["ras"]))
        async with served(cms) as cms_port, served(ras) as ras_port:
            yield {"cms": cms_port, "ras": ras_port, "sink": sink}


def plan(port: int, requests: list[str], mark: str, times: int, *, status: int = 200) -> Plan:
    """Each request once, on a connection of its own."""
    return Plan(port, requests, len(requests), 0.001, mark, times, rate=1000 * len(requests), status=status)


async def well_answered(asked: Plan) -> None:
    outcome = await run(asked)
    assert (outcome.failures, outcome.done) == ({}, len(asked.requests))


async def test_class_info_is_of_batches_with_and_without_a_class(
    urls: Mapping[str, str], ports: Mapping[str, int]
) -> None:
    placed = await rows.batches_with_class(urls["cms"], 1000)
    assert CLASS_INFO_IDS - GUESTS <= len(placed) < 200
    requests = ASKING.class_info(1, number=3, batch_ids=placed)
    await well_answered(plan(ports["cms"], requests, '"class_id"', CLASS_INFO_IDS - GUESTS))


async def test_rosters_are_of_thirty(ports: Mapping[str, int]) -> None:
    await well_answered(plan(ports["cms"], ASKING.rosters()[:3], '"first_name"', 30))


async def test_students_are_new_each_time(urls: Mapping[str, str], ports: Mapping[str, int]) -> None:
    for _ in range(2):
        await well_answered(plan(ports["cms"], ASKING.new_students(5), '"class_ids":["', 1, status=201))


async def test_lists_are_of_so_many(ports: Mapping[str, int]) -> None:
    for limit in (20, 100):
        requests = ASKING.batch_lists(1, limit=limit, teachers=2)
        await well_answered(plan(ports["ras"], requests, '"batch_id"', limit))


async def test_further_teachers_have_the_same_batches(ports: Mapping[str, int]) -> None:
    request = ASKING.batch_lists(1, limit=100, teachers=1)[0].replace("teacher-00001", "teacher-00001-2")
    await well_answered(plan(ports["ras"], [request], '"batch_id"', 100))


async def test_a_backlog_is_relayed(urls: Mapping[str, str], ports: Mapping[str, int]) -> None:
    outcome = await asyncio.to_thread(Backlog(urls["cms"], ports["sink"]).drain, 1500)
    assert (outcome.done, outcome.failures) == (1500, {})
    assert outcome.seconds > 0


async def test_what_the_subscriber_does_not_get_is_a_failure(urls: Mapping[str, str], ports: Mapping[str, int]) -> None:
    async with served(Sink(), lifespan="off") as another:
        outcome = await asyncio.to_thread(Backlog(urls["cms"], another).drain, 20)
    assert outcome.failures == {"events that the subscriber did not get": 20}


def a_round(p95: float = 4, per_second: float = 600, **failures: int) -> Round:
    latency = Latency(p50=1, p95=p95, p99=9, sent=0.1)
    return Round(int(2 * per_second), 2, latency, {"cms": 0.6, "load": 0.0}, 0.25, failures)


def test_a_goal_is_met_by_the_median_of_the_rounds() -> None:
    rounds = [a_round(4, 700), a_round(30, 100), a_round(5, 499)]
    assert (Below(5).value(rounds), AtLeast(500).value(rounds)) == (5, 499)
    assert (Below(5).met(5), Below(5).met(4.99), AtLeast(500).met(500), AtLeast(500).met(499)) == (
        False,
        True,
        True,
        False,
    )


def test_a_round_is_charged_what_was_spent_during_its_work() -> None:
    spent = iter([{"cms": 10.0, "postgresql": 7.0}, {"cms": 12.0, "postgresql": 7.5}])
    latencies = [float(each) for each in range(1, 101)]
    outcome = Outcome(5, 100, latencies, {"status 500": 1}, [0.1] * 100)
    made = one_round(lambda: outcome, lambda: next(spent), cores=2)
    assert replace(made, foreign_share=0) == Round(
        100, 5, Latency(50, 95, 99, 0.1), {"cms": 2, "postgresql": 0.5}, 0, {"status 500": 1}
    )
    assert (made.per_second, made.cpu_ms) == (20, {"cms": 20, "postgresql": 5})


def test_a_round_without_anything_good_is_no_measurement() -> None:
    with pytest.raises(BenchmarkError, match="status 401"):
        one_round(lambda: Outcome(1, failures={"status 401": 9}), lambda: {"cms": 0.0}, cores=2)


def test_the_report_tells_what_was_found_beside_its_target_and_the_failures() -> None:
    found = [
        Measured("roster of 30", "cms", "200/s", "p95 < 10 ms", "p95 4.0 ms", 4, True, [a_round()]),
        Measured("students created", "cms", "16 callers", ">= 500/s", "600/s", 600, False, [a_round(hung_up=2)]),
    ]
    real = Real.of(SCHOOL, ready(None), [], found)
    report = Report(Machine(cores=2), Options(3, 4, 16), 0.25, None, real)
    told = [" ".join(line.split()) for line in report.text().splitlines()]
    assert "cms roster of 30 200/s p95 < 10 ms p95 4.0 ms yes 1.0 4.0 9.0 0.1 cms 0.50" in told
    assert "cms students created 16 callers >= 500/s 600/s NO 1.0 4.0 9.0 0.1 cms 0.50" in told
    assert "2 x students created: hung_up" in told
    assert "target page req/s" not in told


def test_ids_of_nobody_are_guests() -> None:
    [request] = ASKING.class_info(1, number=1, batch_ids=[uuid4() for _ in range(80)])
    ids = request.split("batch_ids=")[1].split(" ")[0].split(",")
    assert len(set(ids)) == CLASS_INFO_IDS
