"""Telling: a fixed number of statements, the order of commits, nothing of what is rolled back."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from kit.db import Database
from kit.updates import Update, Updates
from kit.updates.writing import lock_keys
from ras_service.tables import TeacherUpdate
from tests.kit.updates.replicas import READY, STATUS, ready, status
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER

UPDATES = Updates(newest_by={STATUS: "batch_id"})


async def stored(database: Database) -> list[tuple[str, str, int]]:
    columns = select(TeacherUpdate.user_id, TeacherUpdate.type, TeacherUpdate.payload).order_by(TeacherUpdate.seq)
    async with database.read() as connection:
        return [(user_id, kind, payload["n"]) for user_id, kind, payload in await connection.execute(columns)]


@pytest.mark.parametrize(("updates", "cost"), [(0, 0), (1, 2), (500, 2)])
async def test_the_cost_does_not_grow_with_the_updates(ras_database: RolledBack, updates: int, cost: int) -> None:
    with ras_database.statements() as sent:
        async with ras_database.read() as connection:
            await UPDATES.tell(connection, *(ready(f"teacher-{n % 7}", n) for n in range(updates)))
    assert len(sent) == cost
    assert [n for _, _, n in await stored(ras_database)] == list(range(updates))


async def test_each_is_stored_as_told_and_in_that_order(ras_database: RolledBack) -> None:
    batch_id = uuid4()
    async with ras_database.write() as connection:
        await UPDATES.tell(
            connection,
            ready(OTHER, 1),
            Update(TEACHER, STATUS, {"batch_id": batch_id, "title": "Nationella provet, å ä ö", "n": 2}),
            ready(OTHER, 3),
        )
        [payload] = await connection.scalars(select(TeacherUpdate.payload).where(TeacherUpdate.user_id == TEACHER))
    assert await stored(ras_database) == [(OTHER, READY, 1), (TEACHER, STATUS, 2), (OTHER, READY, 3)]
    assert payload == {"batch_id": str(batch_id), "title": "Nationella provet, å ä ö", "n": 2}


async def test_one_call_tells_a_batchs_status_once(ras_database: RolledBack) -> None:
    async with ras_database.write() as connection:
        told = [status(TEACHER, "a", 1), ready(TEACHER, 2), status(TEACHER, "b", 3), status(TEACHER, "a", 4)]
        await UPDATES.tell(connection, *told, ready(TEACHER, 5))
    assert [n for _, _, n in await stored(ras_database)] == [2, 3, 4, 5]


async def test_transactions_that_share_teachers_take_turns_and_never_deadlock(database: Database) -> None:
    one, two = (f"teacher-{uuid4().hex}" for _ in range(2))
    turns: list[int] = []

    async def work(n: int) -> None:
        async with database.write() as connection:
            await UPDATES.tell(connection, *(ready(user_id, n) for user_id in ((one, two), (two, one))[n % 2]))
            turns.append(n)
            await asyncio.sleep(0.002)

    await asyncio.gather(*(work(n) for n in range(40)))
    told = await stored(database)
    for teacher in (one, two):
        assert [n for user_id, _, n in told if user_id == teacher] == turns


def test_locks_are_64_bit_sorted_and_one_per_teacher() -> None:
    keys = lock_keys([*(f"teacher-{n}" for n in range(1000)), "teacher-1", "teacher-1"])
    assert keys == sorted(set(keys))
    assert len(keys) == 1000
    assert min(keys) < -(2**32)
    assert 2**32 < max(keys) < 2**63
