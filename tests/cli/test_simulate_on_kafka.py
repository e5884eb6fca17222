"""The pipeline simulator as a command, where the system has brokers: both services take its events from Kafka."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.main import main
from cli.simulator.events import CMS, RAS
from ras_service.events import BATCH_ESSAYS_REGISTERED
from ras_service.ingestion import handlers
from ras_service.lifecycle import PUBLIC, BatchState
from tests.cli.simulating import System, system
from tests.support.apps import KEY
from tests.support.databases import Databases
from tests.support.kafka import Kafka

BATCHES = 6


@pytest.fixture
async def calling(
    databases: Databases, kafka: Kafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[System]:
    """Somebody who has exported where the system and its brokers are."""
    monkeypatch.chdir(tmp_path)
    async with system(databases, brokers=kafka.servers) as up:
        told = {"CMS_URL": up.urls[CMS], "RAS_URL": up.urls[RAS], "INTERNAL_API_KEY": KEY, "SERVICE_ID": "gateway"}
        for name, value in {**told, "KAFKA_BOOTSTRAP_SERVERS": kafka.servers}.items():
            monkeypatch.setenv(name, value)
        yield up


async def test_what_it_plays_ends_in_ras(calling: System, kafka: Kafka, capsys: pytest.CaptureFixture[str]) -> None:
    school = await calling.school()
    call = ["simulate", "--batches", str(BATCHES), "--speed", "5000", "--teacher", school.teacher]
    assert await asyncio.to_thread(main, call) == 0
    said = capsys.readouterr()
    assert said.err == ""
    await kafka.consumed("result_aggregator_service", *handlers())
    batches = await school.batches()
    assert Counter(each["overall_status"] for each in batches) == ends(said.out)
    registered = [json.loads(each.value)["data"]["batch_id"] for each in await kafka.read(BATCH_ESSAYS_REGISTERED)]
    assert sorted(registered) == sorted(each["batch_id"] for each in batches)
    assert await calling.dead() == []


def ends(said: str) -> Counter[str]:
    """How so many batches are to end, by what the public sees; those that are left wait for their teacher."""
    [told] = [line.removeprefix("Ended: ") for line in said.splitlines() if line.startswith("Ended: ")]
    found: Counter[str] = Counter()
    for n, state in (each.split() for each in told.split(", ") if each != "none"):
        found[PUBLIC[BatchState(state)]] += int(n)
    found["processing"] += BATCHES - found.total()
    return +found
