"""RAS with Kafka: what comes by its topics is told to teachers, and what cannot be processed is in nobody's way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from ras_service import events
from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.kit.events.outboxes import eventually
from tests.support.apps import INTERNAL, KEY, client
from tests.support.databases import Databases
from tests.support.given import TEACHER
from tests.support.kafka import Kafka
from tests.support.pipeline import Event, Pipeline, encoded

GROUP = "result_aggregator_service"
UPDATES = f"/internal/v1/users/{TEACHER}/updates"


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    """A database of its own: what relays and consumers do has to be committed."""
    return await migrated(databases, "ras")


@asynccontextmanager
async def running(url: str, kafka: Kafka) -> AsyncIterator[httpx.AsyncClient]:
    settings = RasSettings(
        internal_api_key=SecretStr(KEY),
        database_url=url,
        kafka_bootstrap_servers=kafka.servers,
        event_backoff_max_seconds=0.5,
    )
    async with client(create_app(settings), INTERNAL) as made:
        yield made


async def write(kafka: Kafka, *sent: Event) -> None:
    for event in sent:
        await kafka.write(event["event_type"], *encoded([event]))


async def counted(ras: httpx.AsyncClient, name: str) -> dict[str, float]:
    """A metric's values by the values of its labels, joined."""
    families = text_string_to_metric_families((await ras.get("/metrics")).text)
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {" ".join(value for _, value in sorted(each.labels.items())): each.value for each in found}


async def test_a_waiting_teacher_is_told_of_an_event(url: str, kafka: Kafka) -> None:
    pipeline = Pipeline()
    async with running(url, kafka) as ras:
        await write(kafka, pipeline.registered())
        await kafka.consumed(GROUP, events.BATCH_ESSAYS_REGISTERED)
        cursor = (await ras.get(UPDATES)).json()["cursor"]
        polling = asyncio.create_task(ras.get(UPDATES, params={"after": cursor, "wait": 25}))
        await write(kafka, pipeline.started())
        [update] = (await polling).json()["updates"]
    assert (update["type"], update["payload"]["status"]) == ("batch_status_updated", "processing")


async def test_results_that_are_ready_are_published_once(url: str, kafka: Kafka) -> None:
    pipeline = Pipeline()
    sent = pipeline.registered(), pipeline.completed(), pipeline.completed()

    async def ready() -> list[bytes]:
        return [each.key for each in await kafka.read(events.RESULTS_READY)]

    async def there() -> bool:
        return pipeline.batch_id.encode() in await ready()

    async with running(url, kafka):
        await write(kafka, *sent, *sent)
        await kafka.consumed(GROUP, *{each["event_type"] for each in sent})
        await eventually(there, 20)
    assert (await ready()).count(pipeline.batch_id.encode()) == 1


async def test_what_is_taken_in_is_counted_by_type_and_outcome_and_timed(url: str, kafka: Kafka) -> None:
    pipeline = Pipeline()
    registered, cancelled = pipeline.registered(), pipeline.cancelled()
    malformed = pipeline.started(schema_version=2), pipeline.configured("proofreading"), pipeline.event("x.v1", 0, {})
    names = "events_ingested_total", "event_ingest_lag_seconds_count"
    async with running(url, kafka) as ras:
        before = [await counted(ras, name) for name in names]
        await kafka.write(registered["event_type"], *encoded([registered, registered, *malformed]), b"{")
        await write(kafka, cancelled)
        await kafka.consumed(GROUP, events.BATCH_ESSAYS_REGISTERED, events.BATCH_CANCELLED)
        after = [await counted(ras, name) for name in names]
        lag = await counted(ras, "event_consumer_lag")
    outcomes, timed = (
        {key: value - was.get(key, 0) for key, value in found.items() if value != was.get(key, 0)}
        for was, found in zip(before, after, strict=True)
    )
    assert outcomes == {
        f"accepted {events.BATCH_ESSAYS_REGISTERED}": 1,
        f"duplicate {events.BATCH_ESSAYS_REGISTERED}": 1,
        f"accepted {events.BATCH_CANCELLED}": 1,
        f"dead {events.PIPELINE_STARTED}": 1,
        f"dead {events.PIPELINE_CONFIGURED}": 1,
        "dead unknown": 1,
        "ignored unknown": 1,
    }
    assert timed == {events.BATCH_ESSAYS_REGISTERED: 1, events.BATCH_CANCELLED: 1}
    assert (lag[events.BATCH_ESSAYS_REGISTERED], lag[events.BATCH_CANCELLED]) == (0, 0)
