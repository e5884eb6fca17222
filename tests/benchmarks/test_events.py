"""What is measured of events, on the real RAS."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from benchmarks.errors import BenchmarkError
from benchmarks.load import Outcome, Plan, run
from benchmarks.services import watching
from benchmarks.services.asking import Asking
from benchmarks.services.consuming import Consuming
from benchmarks.services.ingestion import IN_A_LIST, Ingestion
from benchmarks.services.stories import OPENING_STEPS, steps
from benchmarks.services.watching import Watching
from cli.school.copying import connect
from kit.events.envelope import Envelope
from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.benchmarks.serving import served
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.databases import Databases

ASKING = Asking(KEY)
_ENDED = """
    SELECT DISTINCT state::text, essay_count, completed_essay_count, failed_essay_count
    FROM batch_results WHERE processing_completed_at IS NOT NULL
"""


@dataclass(frozen=True)
class Ras:
    port: int
    url: str


@pytest.fixture
async def ras(databases: Databases) -> AsyncIterator[Ras]:
    url = await migrated(databases, "ras")
    async with served(create_app(RasSettings(internal_api_key=SecretStr(KEY), database_url=url))) as port:
        yield Ras(port, url)


def carried_out(plan: Plan) -> Outcome:
    return asyncio.run(run(plan))


async def test_ingested_events_are_of_batches_that_go_all_the_way(ras: Ras) -> None:
    outcome = await asyncio.to_thread(Ingestion(carried_out, ras.port, ras.url, ASKING).ingest, 0.1, callers=2)
    assert (outcome.failures, outcome.done) == ({}, IN_A_LIST * len(outcome.latencies))
    async with connect(ras.url) as connection:
        assert [tuple(each) for each in await connection.fetch(_ENDED)] == [("completed_with_failures", 30, 29, 1)]


async def test_lists_that_come_again_are_no_measurement(ras: Ras) -> None:
    longer = Ingestion(lambda plan: carried_out(replace(plan, seconds=3)), ras.port, ras.url, ASKING)
    with pytest.raises(BenchmarkError, match=r"^1 lists of events were too few for 0\.01 s$"):
        await asyncio.to_thread(longer.ingest, 0.01, callers=1)


async def test_events_that_were_not_processed_are_a_failure(ras: Ras) -> None:
    nothing = Ingestion(lambda _: Outcome(1, done=1), ras.port, ras.url, ASKING)
    outcome = await asyncio.to_thread(nothing.ingest, 0.01, callers=1)
    assert outcome.failures == {"1000 events were taken, of which 0 were processed and 0 are dead": 1}


async def test_a_backlog_is_consumed(ras: Ras, tmp_path: Path) -> None:
    names = RasSettings.variables()
    own = {names["database_url"]: ras.url, names["internal_api_key"]: KEY}
    outcome = await asyncio.to_thread(Consuming({**os.environ, **own}, ras.url, tmp_path).consume, 500)
    opening = sum(len(step) for step in islice(steps(), OPENING_STEPS))
    assert (outcome.failures, outcome.done) == ({}, opening + 500)
    assert outcome.seconds > 0


def test_no_event_comes_twice_and_a_step_is_about_a_list() -> None:
    made = list(islice(steps(), OPENING_STEPS + 2))
    assert [len(step) for step in made[-2:]] == [996, 996]
    events = [msgspec.json.decode(each, type=Envelope) for step in made for each in step]
    assert len({each.event_id for each in events}) == len(events)


async def test_who_waits_is_told_of_each_event(ras: Ras) -> None:
    outcome = await asyncio.to_thread(Watching(ras.port, ASKING).watch, 0.5)
    assert (outcome.failures, outcome.done) == ({}, len(outcome.latencies))
    assert 0 < min(outcome.latencies) <= max(outcome.latencies) <= 1000 * outcome.seconds


async def test_news_that_ends_before_its_time_is_no_measurement(ras: Ras, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MADE", 0)
    with pytest.raises(BenchmarkError, match="more time than news"):
        await asyncio.to_thread(Watching(ras.port, ASKING).watch, 0.5)


async def test_an_answer_that_tells_of_something_else_is_a_failure(ras: Ras, monkeypatch: pytest.MonkeyPatch) -> None:
    news = watching.News
    monkeypatch.setattr(watching, "News", lambda posted, batch_id, completed: news(posted, batch_id, completed + 1))
    outcome = await asyncio.to_thread(Watching(ras.port, ASKING).watch, 0.5)
    assert (outcome.done, list(outcome.failures)) == (0, ["a poll that did not tell of the event alone"])
