"""Teachers, matching and deletions that meet in the same batches."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete

from cms_service.closing import close_class, close_student
from cms_service.contract import AssociationStatus
from cms_service.events import AuthorMatchesSuggested, EssayMatches, SuggestedStudent
from cms_service.matching import match
from cms_service.queries.batch_locks import lock_batches, lock_keys
from cms_service.tables import SchoolClass, Student
from kit.errors import ValidationError
from kit.events.handling import Unprocessable
from tests.support.authorship import published, stored, told
from tests.support.cms_replicas import DAY, UPDATES, Cms, confirm_all, due, pairs_of, replicated, teacher
from tests.support.databases import Databases

FIRST, SECOND, THIRD = (UUID(int=n) for n in (1, 2, 3))


@pytest.fixture
async def cms(databases: Databases) -> AsyncIterator[Cms]:
    async with replicated(databases) as made:
        yield made


async def test_halves_of_a_batch_that_are_confirmed_at_once_have_one_event(cms: Cms) -> None:
    """Each alone would see the other's half pending, and nobody would publish."""
    [class_id], [student_id] = await cms.school(1)
    batches = [[due(UUID(int=n + 1), class_id, student_id, 1, teacher(0)) for _ in range(4)] for n in range(40)]
    await cms.add([row for batch in batches for row in batch])
    for batch in batches:
        await asyncio.gather(confirm_all(cms, batch[:2]), confirm_all(cms, batch[2:]))
    assert pairs_of(await published(cms.database)) == {(UUID(int=n + 1), class_id): 1 for n in range(40)}
    assert len(await told(cms.database)) == 40


def matches(batch_id: UUID, class_id: UUID, student_id: UUID) -> AuthorMatchesSuggested:
    essay = EssayMatches(uuid4(), [SuggestedStudent(student_id, 0.9)])
    return AuthorMatchesSuggested(batch_id, class_id, [essay])


async def delete_class(cms: Cms, class_id: UUID) -> None:
    async with cms.database.write() as connection:
        updates = await close_class(connection, class_id, teacher(0))
        await connection.execute(delete(SchoolClass).where(SchoolClass.id == class_id))
        await UPDATES.tell(connection, *updates)


async def delete_student(cms: Cms, student_id: UUID) -> None:
    async with cms.database.write() as connection:
        updates = await close_student(connection, student_id, teacher(0))
        await connection.execute(delete(Student).where(Student.id == student_id))
        await UPDATES.tell(connection, *updates)


async def test_a_class_that_goes_while_it_is_matched_leaves_nothing_pending(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)
    await cms.add([due(FIRST, class_id, student_id, 1, teacher(0))])
    async with cms.database.write() as connection:
        updates = await match(connection, matches(SECOND, class_id, student_id), DAY)
        going = asyncio.create_task(delete_class(cms, class_id))
        await cms.waiting(1)
        await UPDATES.tell(connection, *updates)
    await going
    for batch_id in (FIRST, SECOND):
        [row] = (await stored(cms.database, batch_id)).values()
        assert (row.validation_status, row.class_id) == (AssociationStatus.REJECTED, None)
    assert pairs_of(await published(cms.database)) == {(FIRST, class_id): 1, (SECOND, class_id): 1}


@pytest.mark.parametrize("what", ["class", "student"])
async def test_what_goes_waits_for_a_batch_that_joined_it_meanwhile(cms: Cms, what: str) -> None:
    [class_id], [student_id] = await cms.school(1)
    await cms.add([due(FIRST, class_id, student_id, 1, teacher(0))])

    async def use(batch_id: UUID, done: asyncio.Event) -> None:
        async with cms.database.write() as connection:
            await lock_batches(connection, batch_id)
            await done.wait()

    done = asyncio.Event()
    async with cms.database.write() as connection:
        updates = await match(connection, matches(SECOND, class_id, student_id), DAY)
        using = asyncio.create_task(use(SECOND, done))
        await cms.waiting(1)
        going = asyncio.create_task(delete_class(cms, class_id) if what == "class" else delete_student(cms, student_id))
        await cms.waiting(2)
        await UPDATES.tell(connection, *updates)
    await cms.waiting(1)
    assert not going.done()
    # While it waits it holds no lock of the class or student: whoever has the batch can go on.
    async with cms.database.write() as connection:
        await connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        await match(connection, matches(THIRD, class_id, student_id), DAY)
    done.set()
    await asyncio.gather(using, going)
    assert pairs_of(await published(cms.database)) == {(each, class_id): 1 for each in (FIRST, SECOND, THIRD)}


async def test_matching_waits_for_a_class_that_goes_and_then_does_not_find_it(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)

    async def matching() -> None:
        async with cms.database.write() as connection:
            await match(connection, matches(FIRST, class_id, student_id), DAY)

    async with cms.database.write() as connection:
        await close_class(connection, class_id, teacher(0))
        await connection.execute(delete(SchoolClass).where(SchoolClass.id == class_id))
        matched = asyncio.create_task(matching())
        await cms.waiting(1)
    with pytest.raises(Unprocessable, match="there is no class"):
        await matched


async def test_matching_and_confirming_wait_for_a_student_who_goes(cms: Cms) -> None:
    [class_id], [student_id] = await cms.school(1)
    row = due(FIRST, class_id, await cms.student(class_id), 1, teacher(0))
    await cms.add([row])

    async def matching() -> None:
        async with cms.database.write() as connection:
            await match(connection, matches(SECOND, class_id, student_id), DAY)

    async with cms.database.write() as connection:
        await close_student(connection, student_id, teacher(0))
        await connection.execute(delete(Student).where(Student.id == student_id))
        matched = asyncio.create_task(matching())
        confirmed = asyncio.create_task(confirm_all(cms, [row | {"student_id": student_id}]))
        await cms.waiting(2)
    await matched
    with pytest.raises(ValidationError, match="is not a student of the essay's class"):
        await confirmed
    assert await stored(cms.database, SECOND) == {}
    assert pairs_of(await published(cms.database)) == {(SECOND, class_id): 1}


async def test_several_batches_are_locked_in_one_order(cms: Cms) -> None:
    """Whatever the order in which they are named."""
    ids = [uuid4() for _ in range(20)]
    assert lock_keys(ids) == lock_keys(reversed(ids)) == sorted(lock_keys(ids))

    async def hold(batch_ids: list[UUID]) -> None:
        for _ in range(20):
            async with cms.database.write() as connection:
                await lock_batches(connection, *batch_ids)

    await asyncio.gather(*(hold(ids[n:] + ids[:n]) for n in range(6)))
