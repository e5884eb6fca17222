"""CMS's reads by key, as PostgreSQL plans them among 200,000 associations: they touch what they answer, and no more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from cms_service.queries import lookups, pages
from cms_service.queries.pages import BatchKey, EssayKey, StudentKey
from kit.keyed import Asked, Page
from kit.paging import Window
from tests.conftest import migrated
from tests.scale.test_indexes import pages_touched, plan_of, read_row_by_row
from tests.support.databases import Databases, RolledBack, rolled_back
from tests.support.given import minutes

# 1,000 classes of 30 students and 10 batches of 20 essays; each teacher has 25 of them.
# The first essay of a batch is of the next class, every tenth waits for its teacher.
SCHOOL = (
    """
    INSERT INTO classes (id, name, created_by_user_id, course_id)
    SELECT md5('class' || c)::uuid, 'SV1', 'teacher-' || c / 25, (SELECT id FROM courses WHERE course_code = 'SV1')
    FROM generate_series(0, 999) c
    """,
    """
    INSERT INTO students (id, first_name, last_name, last_name_key, first_name_key, created_by_user_id)
    SELECT md5('student' || s)::uuid, 'A', 'B', 'b' || s % 7, 'a' || s % 5, 'teacher-' || s / 750
    FROM generate_series(0, 29999) s
    """,
    """
    INSERT INTO class_student_association (class_id, student_id)
    SELECT md5('class' || s / 30)::uuid, md5('student' || s)::uuid FROM generate_series(0, 29999) s
    """,
    """
    INSERT INTO batch_classes (batch_id, class_id, user_id, created_at)
    SELECT md5('batch' || b)::uuid, md5('class' || b / 10)::uuid, 'teacher-' || b / 250,
        '2026-09-14Z'::timestamptz + b * interval '1 minute'
    FROM generate_series(0, 9999) b
    """,
    """
    INSERT INTO essay_student_associations
        (essay_id, batch_id, class_id, student_id, created_by_user_id, validation_status, created_at)
    SELECT md5('essay' || e)::uuid, md5('batch' || e / 20)::uuid,
        md5('class' || CASE WHEN e % 20 = 0 THEN (e / 200 + 1) % 1000 ELSE e / 200 END)::uuid,
        md5('student' || e / 200 * 30 + e % 30)::uuid, 'teacher-' || e / 5000,
        CASE WHEN e % 10 = 9 THEN 'pending_validation' ELSE 'confirmed' END::association_status,
        '2026-09-14Z'::timestamptz + e / 20 * interval '1 minute'
    FROM generate_series(0, 199999) e
    """,
    "VACUUM ANALYZE",
)
TEACHER = "teacher-7"
CONFIRMED = """
    FROM essay_student_associations WHERE validation_status = 'confirmed' AND created_by_user_id = :user_id LIMIT :n
"""
IDS = {
    "classes": "SELECT id FROM classes WHERE created_by_user_id = :user_id LIMIT :n",
    "students": f"SELECT DISTINCT student_id {CONFIRMED}",
    "batches": "SELECT batch_id FROM batch_classes WHERE user_id = :user_id LIMIT :n",
    "essays": f"SELECT essay_id {CONFIRMED}",
}

Read = Callable[[AsyncConnection, Sequence[UUID], str | None], Awaitable[Any]]


def shared(read: Any) -> Read:
    return lambda connection, ids, _: read(connection, ids)


def page(read: Any, after: Any = None) -> Read:
    return lambda connection, ids, user_id: read(connection, Asked(ids, user_id, Window(20, 0, after)))


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    made = await migrated(databases, "cms")
    engine = create_async_engine(made, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in SCHOOL:
            await connection.execute(text(statement))
    await engine.dispose()
    return made


@pytest.fixture
async def school(url: str) -> AsyncIterator[RolledBack]:
    async with rolled_back(url) as database:
        yield database


LOW, NOON = UUID(int=0), minutes(0)
ROWS = "essay_student_associations"
READS: dict[str, tuple[str, Read, int]] = {
    "class-info": ("batches", shared(lookups.class_info), 15),
    "validation-status": ("batches", shared(partial(lookups.validation_status, patience=timedelta(hours=24))), 6),
    "classes": ("classes", lookups.classes, 150),
    "students": ("students", lookups.students, 10),
    "students of essays": ("essays", lookups.students_of_essays, 15),
    "rosters": ("classes", page(pages.rosters), 400),
    "rosters after": ("classes", page(pages.rosters, StudentKey("b3", "a", LOW)), 400),
    "batches of classes": ("classes", page(pages.batches_of_classes), 350),
    "batches of classes after": ("classes", page(pages.batches_of_classes, BatchKey(NOON, LOW)), 350),
    "essays of students": ("students", page(pages.essays_of_students), 18),
    "essays of students after": ("students", page(pages.essays_of_students, EssayKey(NOON, LOW)), 18),
    "associations": ("batches", page(pages.associations_of_batches), 130),
    "associations after": ("batches", page(pages.associations_of_batches, EssayKey(NOON, LOW)), 130),
}
"""What is asked for, how, and how many pages of 8 kB each id may touch: some for each row of its list."""


@pytest.mark.parametrize("n", [1, 20])
@pytest.mark.parametrize("user_id", [None, TEACHER])
@pytest.mark.parametrize("what", READS)
async def test_a_read_touches_its_own_rows(school: RolledBack, what: str, user_id: str | None, n: int) -> None:
    of, read, most = READS[what]
    async with school.read() as connection:
        ids = (await connection.scalars(text(IDS[of]), {"user_id": TEACHER, "n": n})).all()
        with school.statements() as sent:
            found = await read(connection, ids, user_id)
        plan = await plan_of(connection, sent)
    assert list(found) == ids
    assert all(each.total if isinstance(each, Page) else each for each in found.values())
    assert ROWS not in read_row_by_row(plan)
    assert pages_touched(plan) <= n * most
