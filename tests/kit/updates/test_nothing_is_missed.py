"""Readers that follow their cursor get everything that is committed, once and in one order, whatever happens."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import Database
from kit.updates import Updates
from kit.updates.feed import Feed
from kit.updates.reading import UpdatePage
from ras_service.tables import TeacherUpdate
from tests.kit.updates.replicas import Replica, listening, numbers, ready, replica, settings_for, until

WRITERS = 16
TRANSACTIONS = 15
END = -1


@dataclass
class Writers:
    """Transactions of one to three teachers that take their time, hold their locks a while, and often fail."""

    replicas: Sequence[Replica]
    teachers: Sequence[str]
    committed: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    numbers: "count[int]" = field(default_factory=count)

    async def run(self) -> None:
        chances = [random.Random(n) for n in range(WRITERS)]  # noqa: S311
        await asyncio.gather(*(self._write(chance, self.replicas[n % 2]) for n, chance in enumerate(chances)))
        for teacher in self.teachers:
            await self.replicas[0].tell(ready(teacher, END))

    async def _write(self, chance: random.Random, ras: Replica) -> None:
        for _ in range(TRANSACTIONS):
            told = [(each, next(self.numbers)) for each in chance.choices(self.teachers, k=chance.randint(1, 3))]
            await asyncio.sleep(chance.uniform(0, 0.02))
            async with ras.database.engine.connect() as connection:
                await connection.execute(text("SELECT pg_current_xact_id()"))
                await asyncio.sleep(chance.uniform(0, 0.005))
                await ras.updates.tell(connection, *(ready(*each) for each in told))
                await asyncio.sleep(chance.uniform(0, 0.005))
                if chance.random() < 0.25:
                    await connection.rollback()
                    continue
                await connection.commit()
            for teacher, n in told:
                self.committed[teacher].append(n)


async def followed(ras: Replica, teacher: str, wait: int) -> list[dict[str, Any]]:
    cursor, found = 0, list[dict[str, Any]]()
    while not found or found[-1]["payload"]["n"] != END:
        page = await ras.poll(teacher, after=cursor, wait=wait)
        found += page["updates"]
        cursor = page["cursor"]
    return found


async def terminate_listeners(database: Database, every: float, end: asyncio.Event) -> None:
    terminate = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'listener'"
    )
    while not end.is_set():
        await asyncio.sleep(every)
        async with database.read() as connection:
            await connection.execute(terminate)


async def stored(database: Database, teacher: str) -> list[int]:
    rows = select(TeacherUpdate.seq).where(TeacherUpdate.user_id == teacher).order_by(TeacherUpdate.seq)
    async with database.read() as connection:
        return list(await connection.scalars(rows))


@pytest.mark.parametrize("disturbed", [False, True], ids=["in peace", "listeners terminated all the time"])
async def test_no_reader_misses_a_sequence_while_16_writers_commit(
    url: str, database: Database, disturbed: bool
) -> None:
    teachers = [f"teacher-{uuid4().hex}" for _ in range(4)]
    async with replica(url) as one, replica(url) as two:
        writers = Writers((one, two), teachers)
        readers = {
            (teacher, n): asyncio.create_task(followed(ras, teacher, wait))
            for teacher in teachers
            for n, (ras, wait) in enumerate([(one, 25), (two, 25), (two, 0)][: 3 if teacher == teachers[0] else 2])
        }
        end = asyncio.Event()
        if not disturbed:
            end.set()
        disturbing = asyncio.create_task(terminate_listeners(database, 0.2, end))
        await writers.run()
        end.set()
        await disturbing
        read = dict(zip(readers, await asyncio.gather(*readers.values()), strict=True))
    for (teacher, _), updates in read.items():
        assert [each["seq"] for each in updates] == await stored(database, teacher)
        assert sorted(numbers(updates)) == [END, *sorted(writers.committed[teacher])]
    assert min(map(len, writers.committed.values())) > 30


async def test_what_is_committed_while_the_listener_is_away_wakes_the_poll_when_it_is_back(
    url: str, teacher: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.listener._FIRST_RETRY_SECONDS", 1)
    async with replica(url) as ras:
        [pid] = await listening(database, 1)
        looks = looked(ras.feed, monkeypatch)
        polling = asyncio.create_task(ras.poll(teacher, after=0, wait=25))
        await until(lambda: len(looks) == 1)
        async with database.read() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        await listening(database, 0)
        await ras.tell(ready(teacher, 1))
        await asyncio.sleep(0.1)
        assert not polling.done()
        async with asyncio.timeout(3):
            assert numbers((await polling)["updates"]) == [1]
        assert await listening(database, 1) != {pid}


def looked(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> list[UpdatePage]:
    """What the feed's looks at the database found."""
    found: list[UpdatePage] = []
    look = feed._read

    async def read(user_id: str, after: int) -> UpdatePage:
        page = await look(user_id, after)
        found.append(page)
        return page

    monkeypatch.setattr(feed, "_read", read)
    return found


class Meddling(Database):
    """After each look at the database, and before the reader goes on, something is committed and its notice heard."""

    committed: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with super().read() as connection:
            yield connection
        if self.committed:
            await self.committed()


@pytest.mark.parametrize("look", [1, 2])
async def test_what_is_committed_between_the_look_and_the_wait_wakes_the_poll(
    url: str, teacher: str, look: int
) -> None:
    meddling, updates = Meddling.open(settings_for(url)), Updates()
    feed, looks = Feed(meddling, updates, 5), count(1)

    async def commit() -> None:
        """At the look in question; at those before it there is a wake-up for nothing."""
        if (now := next(looks)) <= look:
            async with meddling.write() as connection:
                await updates.tell(connection, ready(teacher if now == look else f"{teacher}-2", now))
            feed.wake(teacher)

    meddling.committed = commit
    with feed.waiter(teacher) as waiter:
        async with asyncio.timeout(2):
            page = await feed.poll(waiter, teacher, after=0, wait=25)
    await meddling.close()
    assert [bytes(each.payload) for each in page.updates] == [b'{"n": %d}' % look]


async def test_a_commit_with_a_lower_sequence_than_the_last_is_not_skipped_by_a_reader_that_starts(
    url: str, teacher: str
) -> None:
    """The sequence has gone on, for others, when this teacher's reader asks where it stands."""
    async with replica(url) as ras:
        async with ras.database.write() as slow:
            await ras.updates.tell(slow, ready(teacher, 1))
            await ras.tell(ready(f"{teacher}-2", 2))
            start = await ras.poll(teacher)
        assert numbers((await ras.poll(teacher, after=start["cursor"]))["updates"]) == [1]
