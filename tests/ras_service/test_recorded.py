"""Recorded lists of events, told again by HTTP and by Kafka."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from kit.db import Database
from ras_service.app import create_app
from ras_service.events import BATCH_ESSAYS_REGISTERED
from ras_service.ingestion import handlers
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import INTERNAL, KEY, client
from tests.support.databases import Databases
from tests.support.kafka import Kafka, kafka_cluster, patched
from tests.support.pipeline import Event, encoded, receive
from tests.support.recorded import Recording, left, recordings

TOPICS = frozenset(handlers())


@dataclass
class Ras:
    """RAS on a database of its own; with Kafka, events come that way."""

    client: httpx.AsyncClient
    database: Database
    kafka: Kafka | None

    async def takes_in(self, *lists: Sequence[Any]) -> list[Event]:
        """One after the other; what it answers, if it can."""
        if not self.kafka:
            return [await receive(self.client, *events) for events in lists]
        async with self.kafka.producer() as producer:
            for event in (each for events in lists for each in events):
                await producer.send_and_wait(topic_of(event), *encoded([event]), key=b"one partition")
        await self.kafka.consumed("result_aggregator_service", *TOPICS)
        return []


def topic_of(event: Any) -> str:
    """What has no topic that is read is written to one that is."""
    named = event.get("event_type") if isinstance(event, dict) else None
    return named if named in TOPICS else BATCH_ESSAYS_REGISTERED


@contextmanager
def brokers(transport: str) -> Iterator[Kafka | None]:
    if transport == "http":
        yield None
        return
    with kafka_cluster() as kafka, pytest.MonkeyPatch.context() as patch:
        patched(patch)
        yield kafka


@pytest.fixture(params=["http", "kafka"])
async def its(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Ras]:
    with brokers(request.param) as kafka:
        settings = RasSettings(
            internal_api_key=SecretStr(KEY),
            database_url=await migrated(databases, "ras"),
            kafka_bootstrap_servers=kafka.servers if kafka else None,
        )
        database = Database.open(settings)
        async with client(create_app(settings, database), INTERNAL) as made:
            yield Ras(made, database, kafka)
        await database.close()


def seen(found: Event, transport: Kafka | None) -> Event:
    """Of several topics, and so of what came in one list, Kafka tells no order: so much is left whichever it is."""
    if not transport:
        return found
    newest = {(user_id, kind, payload["batch_id"]): payload for user_id, kind, payload in found["updates"]}
    published = [[each["event_type"], each["metadata"]["aggregate_id"]] for each in found["published"]]
    letters = sorted(found["dead_letters"], key=lambda each: (each["event_id"] or "", each["reason"]))
    return found | {"updates": newest, "published": sorted(published), "dead_letters": letters}


@pytest.mark.parametrize("name", recordings())
async def test_a_recording_ends_as_recorded(its: Ras, name: str) -> None:
    recording = Recording.named(name)
    answers = [answer for events in recording.lists for answer in await its.takes_in(events)]
    assert answers == ([] if its.kafka else recording.answers)
    assert seen(await left(its.database), its.kafka) == seen(recording.left, its.kafka)


@pytest.mark.parametrize("name", recordings())
async def test_told_again_it_changes_nothing(its: Ras, name: str) -> None:
    recording = Recording.named(name)
    await its.takes_in(*recording.lists, *recording.lists[::-1])
    found = await left(its.database)
    # What has no id cannot be told from another like it.
    for each in (found, recording.left):
        each["dead_letters"] = [letter for letter in each["dead_letters"] if letter["event_id"]]
    assert seen(found, its.kafka) == seen(recording.left, its.kafka)


@pytest.mark.parametrize("its", ["kafka"], indirect=True)
async def test_what_is_refused_is_told_on_its_topic_too(its: Ras) -> None:
    assert its.kafka
    recording = Recording.named("refused")
    await its.takes_in(*recording.lists)
    letters = await its.kafka.read("huleedu.dead.letters.v1")
    reasons = {dict(each.headers)["dead_letter_reason"].decode() for each in letters}
    assert reasons == {dead["reason"] for answer in recording.answers for dead in answer["dead"]}
