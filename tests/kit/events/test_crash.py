"""Nothing acknowledged is lost and nothing is told twice as something else, whatever is killed when."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from cms_service.settings import CmsSettings
from kit.db import Database
from kit.events.outbox import Outbox
from tests.conftest import migrated
from tests.kit.events.callers import Callers
from tests.kit.events.outboxes import Outboxed
from tests.kit.events.subscriber import Subscriber, until
from tests.support.apps import KEY
from tests.support.cms_processes import Services
from tests.support.databases import Databases

KILLS = 20
CALLERS = 12
CREATED, UPDATED = "huleedu.class.created.v1", "huleedu.class.updated.v1"


@pytest.mark.timeout(240)
async def test_killed_at_any_moment_nothing_is_lost(databases: Databases, tmp_path: Path) -> None:
    url, subscriber, callers = await migrated(databases, "cms"), Subscriber(), Callers(CALLERS)
    services = Services(settings(url, subscriber.url), tmp_path / "log")
    database = Database.open(CmsSettings(internal_api_key=SecretStr(KEY), database_url=url))
    outboxed = Outboxed(database, url, Outbox("none"))
    try:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            async with disturbed(subscriber):
                callers.at.append((await services.next(client)).url)
                async with callers.calling(client):
                    for _ in range(KILLS):
                        await replace(services, callers, client)
            async with subscriber.running():
                await outboxed.published(60)
    finally:
        services.end()
    assert not services.log.read_text()
    check(subscriber, callers, await stored(outboxed))
    await database.close()


def settings(database: str, subscriber: str) -> dict[str, str]:
    prefix, subscribers = "CLASS_MANAGEMENT_SERVICE_", {CREATED: [subscriber], UPDATED: [subscriber]}
    return {
        "INTERNAL_API_KEY": KEY,
        f"{prefix}DATABASE_URL": database,
        f"{prefix}DATABASE_POOL_SIZE": "10",
        f"{prefix}EVENT_SUBSCRIBERS": json.dumps(subscribers),
        f"{prefix}EVENT_BACKOFF_MAX_SECONDS": "0.2",
    }


async def replace(services: Services, callers: Callers, client: httpx.AsyncClient) -> None:
    """The next takes requests before the last is dead."""
    last = services.running[-1]
    new = await services.next(client)
    callers.at.append(new.url)
    await until(lambda: callers.served[last.url] and callers.served[new.url], 60)
    await asyncio.sleep(random.uniform(0, 0.5))  # noqa: S311
    last.kill()
    callers.at.remove(last.url)


@asynccontextmanager
async def disturbed(subscriber: Subscriber) -> AsyncIterator[None]:
    """It goes away and comes back, again and again."""

    async def disturb() -> None:
        while True:
            async with subscriber.running():
                await asyncio.sleep(random.uniform(0.2, 1.5))  # noqa: S311
            await asyncio.sleep(random.uniform(0.1, 0.7))  # noqa: S311

    disturbing = asyncio.create_task(disturb())
    try:
        yield
    finally:
        disturbing.cancel()
        await asyncio.gather(disturbing, return_exceptions=True)


async def stored(outboxed: Outboxed) -> dict[str, tuple[str, int]]:
    """Of each class its name and how many events the database knows of it."""
    rows = await outboxed.rows("""
        SELECT CAST(aggregate_id AS text), classes.name, count(event_outbox.event_id), max(version)
        FROM event_outbox JOIN event_aggregates USING (aggregate_id) FULL JOIN classes ON classes.id = aggregate_id
        GROUP BY aggregate_id, classes.name
    """)
    assert all(published == version for _, _, published, version in rows)
    return {class_id: (name, published) for class_id, name, published, _ in rows}


def check(subscriber: Subscriber, callers: Callers, classes: dict[str, tuple[str, int]]) -> None:
    arrived: dict[str, dict[str, Any]] = {}
    for event in subscriber.events:
        assert arrived.setdefault(event["event_id"], event) == event
    by_class: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in arrived.values():  # in the order in which they came first
        by_class[event["metadata"]["aggregate_id"]].append(event)

    for events in by_class.values():
        assert [each["metadata"]["aggregate_version"] for each in events] == list(range(1, len(events) + 1))
        assert [each["event_type"] for each in events] == [CREATED, *[UPDATED] * (len(events) - 1)]
    assert {key: (name_of(events[-1]), len(events)) for key, events in by_class.items()} == classes

    changes = [(key, name_of(each)) for key, events in by_class.items() for each in events]
    names = [name for _, name in changes]
    assert len(set(names)) == len(names), "a change has one event, and a repeated create makes one class"
    acknowledged = {change for each in callers.acknowledged.values() for change in each}
    assert len(acknowledged) > KILLS
    assert callers.lost
    assert acknowledged <= set(changes)
    assert {name for _, name in set(changes) - acknowledged} <= callers.lost
    for mine in callers.acknowledged.values():
        known = set(mine)
        for key in by_class:
            told = [each for each in changes if each[0] == key and each in known]
            assert told == [each for each in mine if each[0] == key], "in the order in which its caller made them"


def name_of(event: dict[str, Any]) -> str:
    found = event["data"]["class_designation"]
    assert isinstance(found, str)
    return found
