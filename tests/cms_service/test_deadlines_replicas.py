"""Monitors that run at once, and teachers who confirm meanwhile."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select

from cms_service.contract import AssociationStatus
from cms_service.deadlines import Looked
from cms_service.queries.batch_locks import lock_batches
from cms_service.tables import ClassStudent, EssayAssociation, Student
from tests.support.authorship import marks, published, stored, told
from tests.support.cms_replicas import Cms, confirm_all, due, pairs_of, replicated, teacher
from tests.support.databases import Databases


@pytest.fixture
async def cms(databases: Databases) -> AsyncIterator[Cms]:
    async with replicated(databases) as made:
        yield made


async def test_two_monitors_at_once_do_each_of_ten_thousand_once(cms: Cms) -> None:
    """400 batches of two classes each, of 20 classes with teachers of their own."""
    class_ids, student_ids = await cms.school(20)
    rows = []
    for n in range(10_000):
        batch, of = n % 400, (n % 400 + n // 400 % 2) % 20
        rows.append(due(UUID(int=batch + 1), class_ids[of], student_ids[of], n, teacher(of)))
    await cms.add(rows)

    async with cms.monitors(2) as (one, two):
        looked = await asyncio.gather(one.look(), two.look())
        assert await one.look() == Looked()

    assert sum(each.associations for each in looked) == 10_000
    assert [each.failed for each in looked] == [0, 0]
    assert all(each.associations > 1000 for each in looked), looked
    assert await cms.writes() == {(row["essay_id"], "timeout_confirmed"): 1 for row in rows}

    pairs = {(row["batch_id"], row["class_id"]) for row in rows}
    events = await published(cms.database)
    assert pairs_of(events) == dict.fromkeys(pairs, 1)
    assert len(pairs) == 800
    assert {each["data"]["timeout_triggered"] for each in events} == {True}
    found = await marks(cms.database)
    assert {pair: UUID(each["event_id"]) for each in events for pair in pairs_of([each])} == found
    updates = await told(cms.database)
    assert Counter((UUID(each["batch_id"]), UUID(each["class_id"])) for _, _, each in updates) == dict.fromkeys(
        pairs, 1
    )

    async with cms.database.read() as connection:
        unknown = select(ClassStudent.class_id).join(Student, Student.id == ClassStudent.student_id)
        assert Counter(await connection.scalars(unknown.where(Student.is_placeholder))) == dict.fromkeys(class_ids, 1)
        kept = await connection.execute(
            select(EssayAssociation.confidence_score, Student.is_placeholder)
            .join(Student, Student.id == EssayAssociation.student_id)
            .distinct()
        )
        assert {tuple(row) for row in kept} == {(0.3, True), (0.9, False)}


async def test_both_monitors_and_a_teacher_meet_in_each_batch(cms: Cms) -> None:
    class_ids, student_ids = await cms.school(4)
    batches = defaultdict(list)
    for n in range(1200):
        batch, of = n % 120, n % 4
        batches[batch].append(due(UUID(int=batch + 1), class_ids[of], student_ids[of], n, teacher(of)))
    rows = [row for batch in batches.values() for row in batch]
    await cms.add(rows)

    async def teachers() -> None:
        # From the other end as well, so that they meet whoever is faster.
        order = [place for pair in zip(range(60), reversed(range(60, 120)), strict=True) for place in pair]
        for place in order:
            await confirm_all(cms, batches[place], confirmed=place % 2 == 0)

    async with cms.monitors(2) as (one, two):
        await asyncio.gather(one.look(), two.look(), teachers())
        assert await one.look() == Looked()

    writes = await cms.writes()
    assert set(writes.values()) == {1}
    by_batch = {batch[0]["batch_id"]: batch for batch in batches.values()}
    events = await published(cms.database)
    assert pairs_of(events) == {(batch_id, batch[0]["class_id"]): 1 for batch_id, batch in by_batch.items()}
    kinds = defaultdict(list)
    for _, kind, payload in await told(cms.database):
        kinds[UUID(payload["batch_id"])].append(kind)
    for event in events:
        batch_id = UUID(event["data"]["batch_id"])
        timed_out = event["data"]["timeout_triggered"]
        # Whoever came first published; the teacher had the last word in any case.
        human, deadline = "student_associations_confirmed", "validation_timeout_processed"
        assert kinds[batch_id] == ([deadline, human] if timed_out else [human])
        ids = {row["essay_id"] for row in by_batch[batch_id]}
        assert {(essay_id, "timeout_confirmed") in writes for essay_id in ids} == {timed_out}
        assert len(event["data"]["associations"]) in (0, 10)
        after = await stored(cms.database, batch_id)
        assert {row.validated_by for row in after.values()} == {by_batch[batch_id][0]["created_by_user_id"]}
    timeouts = [each["data"]["timeout_triggered"] for each in events]
    assert set(timeouts) == {True, False}, "they did not meet"


async def test_a_monitor_skips_a_batch_in_use_and_a_teacher_waits_for_it(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)
    rows = [due(UUID(int=n // 2 + 1), class_id, student_id, 1, teacher(0)) for n in range(4)]
    await cms.add(rows)
    async with cms.monitors(2) as (one, two):
        async with cms.database.write() as holder:
            await lock_batches(holder, rows[0]["batch_id"])
            waiting = asyncio.create_task(confirm_all(cms, rows[:2]))
            await cms.waiting(1)
            assert await one.look() == Looked(associations=2, processed=1, skipped=1)
            assert await two.look() == Looked(skipped=1)
        await waiting
        assert await two.look() == Looked()
    assert [each["data"]["timeout_triggered"] for each in await published(cms.database)] == [True, False]
    statuses = {row.validation_status for row in (await stored(cms.database, rows[0]["batch_id"])).values()}
    assert statuses == {AssociationStatus.CONFIRMED}


async def test_one_batch_that_fails_does_not_hold_back_the_others(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)
    rows = [due(UUID(int=n + 1), class_id, student_id, 1, teacher(0)) for n in range(3)]
    await cms.add(rows)
    check = f"batch_id <> '{rows[1]['batch_id']}' OR validation_status <> 'timeout_confirmed'"
    async with cms.database.write() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE essay_student_associations ADD CHECK ({check})")
    async with cms.monitors(1) as [monitor]:
        assert await monitor.look() == Looked(associations=2, processed=2, failed=1)
    assert len(await published(cms.database)) == 2


async def test_it_looks_at_start_and_then_at_intervals(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)
    async with cms.monitors(1) as [monitor]:
        for n in range(2):
            batch_id = UUID(int=n + 1)
            await cms.add([due(batch_id, class_id, student_id, 1, teacher(0))])
            if n == 0:
                running = asyncio.create_task(monitor.run(interval=0.05))
            async with asyncio.timeout(5):
                while {row.validated_by for row in (await stored(cms.database, batch_id)).values()} == {None}:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])
