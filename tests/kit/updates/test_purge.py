"""Old updates go, and of each teacher it is known how far."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from kit.db import Database
from kit.updates import Updates
from kit.updates.purge import UPDATES
from ras_service.tables import TeacherUpdate, TeacherUpdatePurge
from tests.kit.updates.replicas import numbers, ready, replica, settings_for

WEEK = timedelta(days=7)
AGED = text("UPDATE teacher_updates SET created_at = now() - CAST(:age AS interval) WHERE user_id = ANY(:users)")


async def tell(database: Database, *told: tuple[str, int], age: timedelta) -> None:
    async with database.write() as connection:
        await Updates().tell(connection, *(ready(*each) for each in told))
        await connection.execute(AGED, {"age": age, "users": [user_id for user_id, _ in told]})


async def left(database: Database, user_id: str) -> tuple[list[int], int | None]:
    """The numbers of the updates that are there, and how many of the sequences that went are known."""
    rows = select(TeacherUpdate.payload).where(TeacherUpdate.user_id == user_id).order_by(TeacherUpdate.seq)
    mark = select(TeacherUpdatePurge.seq).where(TeacherUpdatePurge.user_id == user_id)
    async with database.read() as connection:
        return [payload["n"] for payload in await connection.scalars(rows)], await connection.scalar(mark)


async def seqs(database: Database, user_id: str) -> list[int]:
    rows = select(TeacherUpdate.seq).where(TeacherUpdate.user_id == user_id).order_by(TeacherUpdate.seq)
    async with database.read() as connection:
        return list(await connection.scalars(rows))


async def test_what_is_older_goes_and_the_highest_sequence_that_went_is_kept(database: Database, teacher: str) -> None:
    other = f"{teacher}-2"
    await tell(database, (teacher, 1), (other, 2), (teacher, 3), age=WEEK + timedelta(minutes=1))
    await tell(database, (f"{teacher}-3", 4), age=WEEK - timedelta(minutes=1))
    (_, mine), [others] = await seqs(database, teacher), await seqs(database, other)
    assert await UPDATES.older_than(WEEK, database) == 3
    assert await left(database, teacher) == ([], mine)
    assert await left(database, other) == ([], others)
    assert await left(database, f"{teacher}-3") == ([4], None)

    await tell(database, (teacher, 5), age=WEEK * 2)
    [later] = await seqs(database, teacher)
    assert await UPDATES.older_than(WEEK, database) == 1
    assert await left(database, teacher) == ([], later)
    assert await UPDATES.older_than(WEEK, database) == 0


async def test_two_replicas_at_once_delete_each_row_once(url: str, database: Database) -> None:
    teachers = [f"teacher-{uuid4().hex}" for _ in range(50)]
    for _ in range(4):
        await tell(database, *((teacher, n) for n in range(10) for teacher in teachers), age=WEEK * 2)
    highest = {teacher: (await seqs(database, teacher))[-1] for teacher in teachers}
    second = Database.open(settings_for(url))
    both = [database, second]
    counts = await asyncio.gather(*(UPDATES.older_than(WEEK, both[n % 2], at_once=100) for n in range(6)))
    await second.close()
    counts.append(await UPDATES.older_than(WEEK, database))
    assert sum(counts) == 2000
    assert {teacher: await left(database, teacher) for teacher in teachers} == {
        teacher: ([], seq) for teacher, seq in highest.items()
    }


async def test_a_purge_does_not_wait_for_one_that_is_going_on(database: Database, teacher: str) -> None:
    await tell(database, (teacher, 1), age=WEEK * 2)
    async with database.write() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('teacher_update_purge', 0))"))
        assert await UPDATES.older_than(WEEK, database) == 0
    assert await UPDATES.older_than(WEEK, database) == 1


async def test_a_service_purges_by_itself_what_its_setting_says(
    url: str, database: Database, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.updates.running._PURGE_SECONDS", 0.05)
    await tell(database, (teacher, 1), (teacher, 2), age=timedelta(days=2))
    async with replica(url, update_retention_days=1) as ras:
        await ras.tell(ready(teacher, 3))
        async with asyncio.timeout(5):
            while (await left(database, teacher))[0] != [3]:  # noqa: ASYNC110  nothing tells of it
                await asyncio.sleep(0.02)
        answer = await ras.get(teacher, after=0)
        assert answer.status_code == 410
        page = await ras.poll(teacher, after=answer.json()["oldest"])
        assert numbers(page["updates"]) == [3]
