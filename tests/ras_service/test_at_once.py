"""Replicas that take in the same and different events at once, and processes that are killed while they do."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from kit.db import Database
from kit.events.ingest import Ingest
from ras_service.ingestion import handlers
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.databases import Databases
from tests.support.days import day, in_lists, shuffled
from tests.support.kafka import kafka_cluster
from tests.support.pipeline import Event, Pipeline, encoded, stored
from tests.support.ras_processes import ByHttp, ByKafka, Transport, ras_process

KILLS = 20


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database.open(RasSettings(internal_api_key=SecretStr(KEY), database_url=url))
    yield database
    await database.close()


async def take_in(database: Database, lists: Sequence[Sequence[Event]]) -> None:
    """One list after the other, as a sender does that is told at once."""
    ingest = Ingest(database, handlers())
    for events in lists:
        assert (await ingest.process(encoded(events))).dead == []


async def outcome(url: str) -> dict[str, list[Event]]:
    """What is left, what was told and published, and how often somebody lost a deadlock."""
    async with opened(url) as database:
        left = await stored(database)
        async with database.read() as connection:
            for name, statement in _TOLD.items():
                left[name] = [dict(row) for row in (await connection.execute(text(statement))).mappings()]
    return left


_TOLD = {
    "published": "SELECT event_type, aggregate_id, count(*) FROM event_outbox GROUP BY 1, 2 ORDER BY 2, 1",
    "ready": """
        SELECT payload ->> 'batch_id' AS batch_id, count(*) FROM teacher_updates
        WHERE type = 'batch_results_ready' GROUP BY 1 ORDER BY 1
    """,
    "processed": "SELECT event_id FROM processed_events ORDER BY 1",
    "dead": "SELECT event_id FROM dead_letters",
    "deadlocks": "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
}


async def undisturbed(databases: Databases, events: Sequence[Event]) -> dict[str, list[Event]]:
    url = await migrated(databases, "ras")
    with capture_logs():
        async with opened(url) as database:
            await take_in(database, in_lists(events, 1000))
    return await outcome(url)


async def test_replicas_with_the_same_and_with_different_lists(databases: Databases) -> None:
    events = day(5, 60)
    url = await migrated(databases, "ras")
    with capture_logs():
        async with opened(url) as first, opened(url) as second:
            same = in_lists(events, 100)
            await asyncio.gather(
                take_in(first, same),
                take_in(second, same),
                take_in(first, in_lists(shuffled(5, events), 37)),
                take_in(second, in_lists(events[::-1], 61)),
            )
    assert await outcome(url) == await undisturbed(databases, events)


async def test_sixteen_senders_at_once(databases: Databases) -> None:
    """Each with the events of all batches, so that each list wants what all others want."""
    events = day(6, 40)
    url = await migrated(databases, "ras")
    with capture_logs():
        async with opened(url) as database:
            shares = [events[n::16] for n in range(16)]
            await asyncio.gather(*(take_in(database, in_lists(shuffled(6, each), 9)) for each in shares))
    assert await outcome(url) == await undisturbed(databases, events)


async def test_single_events_at_once_of_one_batch(databases: Databases) -> None:
    pipeline = Pipeline(size=30)
    events = [
        pipeline.registered(),
        *pipeline.slots(),
        pipeline.configured("spellcheck"),
        pipeline.started(),
        *(pipeline.spellcheck(n) for n in range(30)),
        pipeline.completed(),
    ]
    url = await migrated(databases, "ras")
    with capture_logs():
        async with opened(url) as database:
            await asyncio.gather(*(take_in(database, [[event]]) for event in shuffled(7, events)))
    assert await outcome(url) == await undisturbed(databases, events)


async def test_one_essay_is_registered_in_one_batch_only(databases: Databases) -> None:
    """Two registrations that want it at once: one of them is dead, whichever it is."""
    url = await migrated(databases, "ras")
    async with opened(url) as database:
        for _ in range(10):
            pair = Pipeline(), Pipeline()
            pair[1].essays[0] = pair[0].essays[1]
            others = [[Pipeline().registered() for _ in range(3)] for _ in pair]
            answers = await asyncio.gather(
                *(
                    Ingest(database, handlers()).process(encoded([*more, each.registered()]))
                    for each, more in zip(pair, others, strict=True)
                )
            )
            [dead] = [dead for answer in answers for dead in answer.dead]
            assert dead.index == 3
            assert "of batch" in dead.reason
            assert [answer.accepted for answer in answers].count(4) == 1
        rows = await stored(database, "batch_results", "essay_results")
    assert (len(rows["batch_results"]), len(rows["essay_results"])) == (10 * 7, 10 * 14)


@pytest.fixture(params=["http", "kafka"])
def transport(request: pytest.FixtureRequest) -> Iterator[Transport]:
    if request.param == "http":
        yield ByHttp()
        return
    with kafka_cluster() as kafka:
        yield ByKafka(kafka)


@pytest.mark.timeout(400)
async def test_killed_at_any_moment_it_ends_as_if_nothing_had_happened(
    databases: Databases, transport: Transport
) -> None:
    events = day(8, 250)
    url = await migrated(databases, "ras")
    async with opened(url) as database, ras_process(url, transport) as ras:
        delivering = asyncio.create_task(transport.deliver(ras.port, in_lists(events, 25)))
        for _ in range(KILLS):
            await taken_in(database, random.randrange(len(events) // (2 * KILLS)))  # noqa: S311
            await asyncio.sleep(random.uniform(0, 0.05))  # noqa: S311
            assert not delivering.done()
            ras.kill()
            await ras.start()
        await delivering
    assert await outcome(url) == await undisturbed(databases, events)


async def taken_in(database: Database, more: int) -> None:
    """Until so many more events are."""
    target = await processed(database) + more
    async with asyncio.timeout(30):
        while await processed(database) < target:  # noqa: ASYNC110  what it asks is in a database
            await asyncio.sleep(0.005)


async def processed(database: Database) -> int:
    async with database.read() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM processed_events")) or 0)
