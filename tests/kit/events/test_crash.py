"""Nothing committed is lost and nothing is told twice as something else, whatever is killed when."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from cms_service.settings import CmsSettings
from kit.db import Database
from kit.events.outbox import Outbox
from tests.conftest import migrated
from tests.kit.events.outboxes import KIND, Outboxed
from tests.kit.events.subscriber import Subscriber
from tests.support.apps import KEY
from tests.support.databases import Databases

ROOT = Path(__file__).parents[3]
KILLS = 20
Change = tuple[str, int]


class Writer:
    """A process, and the changes that it has said are committed."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.acknowledged: list[tuple[Change, str]] = []
        self.begun = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            if line.startswith(b"committed ") and line.endswith(b"\n"):  # the last may be cut off
                _, class_id, n, event_id = line.decode().split()
                self.acknowledged.append(((class_id, int(n)), event_id))
                self.begun.set()

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.reading


async def start(url: str, subscriber: Subscriber) -> Writer:
    command = (sys.executable, "-m", "tests.kit.events.crash_writer", url, subscriber.url)
    return Writer(await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE))


async def disturb(subscriber: Subscriber) -> None:
    """Away and back, again and again."""
    while True:
        async with subscriber.running():
            await asyncio.sleep(random.uniform(0.2, 1.5))  # noqa: S311
        await asyncio.sleep(random.uniform(0.1, 0.7))  # noqa: S311


@pytest.mark.timeout(120)
async def test_killed_at_any_moment_nothing_is_lost(databases: Databases) -> None:
    url, subscriber = await migrated(databases, "cms"), Subscriber()
    disturbing = asyncio.create_task(disturb(subscriber))
    writers = [await start(url, subscriber)]
    try:
        for _ in range(KILLS - 1):
            # The next starts before the last is dead, as when replicas are replaced.
            writers.append(await start(url, subscriber))
            async with asyncio.timeout(20):
                await writers[-2].begun.wait()
            await asyncio.sleep(random.uniform(0, 0.5))  # noqa: S311
            await writers[-2].kill()
    finally:
        for writer in writers:
            await writer.kill()
        disturbing.cancel()
        await asyncio.gather(disturbing, return_exceptions=True)
    await drained(url, subscriber)
    acknowledged = dict(each for writer in writers for each in writer.acknowledged)
    await check(url, subscriber, acknowledged)


async def drained(url: str, subscriber: Subscriber) -> None:
    database = Database.open(CmsSettings(internal_api_key=SecretStr(KEY), database_url=url))
    outboxed = Outboxed(database, url, Outbox("none"))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await stack.enter_async_context(subscriber.running())
        await stack.enter_async_context(outboxed.relay({KIND: [subscriber.url]}))
        await outboxed.published(30)


async def check(url: str, subscriber: Subscriber, acknowledged: dict[Change, str]) -> None:
    arrived: dict[str, Change] = {}
    versions: dict[str, list[int]] = defaultdict(list)
    for event in subscriber.events:
        class_id = event["metadata"]["aggregate_id"]
        if event["event_id"] not in arrived:
            versions[class_id].append(event["metadata"]["aggregate_version"])
        assert arrived.setdefault(event["event_id"], (class_id, event["data"]["n"])) == (class_id, event["data"]["n"])
    event_ids: dict[Change, list[str]] = defaultdict(list)
    for event_id, change in arrived.items():
        event_ids[change].append(event_id)

    assert len(acknowledged) > KILLS
    assert {change: event_ids[change] for change in acknowledged} == {
        change: [event_id] for change, event_id in acknowledged.items()
    }
    assert set(map(len, event_ids.values())) == {1}
    for found in versions.values():
        assert found == list(range(1, len(found) + 1))
    assert {class_id: len(found) for class_id, found in versions.items()} == await stored(url)


async def stored(url: str) -> dict[str, int]:
    """How often each class was changed."""
    database = Database.open(CmsSettings(internal_api_key=SecretStr(KEY), database_url=url))
    rows = await Outboxed(database, url, Outbox("none")).rows("SELECT CAST(id AS text), CAST(name AS int) FROM classes")
    await database.close()
    return dict(map(tuple, rows))
