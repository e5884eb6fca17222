"""Rows beside the made school's, in plain SQL: more batches in RAS, and teachers of our own in CMS."""

from hashlib import md5
from uuid import UUID

from cli.school.copying import connect
from ras_service.tables import BatchResult

TEACHERS = 200
STUDENTS = 30
"""In the class of each of our teachers that is read; the class that students are put into begins empty."""

_REST = ", ".join(each.name for each in BatchResult.__table__.columns if each.name not in {"batch_id", "user_id"})

_MORE_BATCHES = (
    f"""
    INSERT INTO batch_results (batch_id, user_id, {_REST})
    SELECT md5(batch_id::text || copy)::uuid, user_id || '-' || copy, {_REST}
    FROM batch_results, generate_series(1, $1::int) copy
    """,  # noqa: S608  names of columns
    """
    INSERT INTO batch_counts (user_id, state, n)
    SELECT user_id || '-' || copy, state, n FROM batch_counts, generate_series(1, $1::int) copy
    """,
)

_OURS = f"""
    DELETE FROM students WHERE created_by_user_id LIKE 'bench-%';
    DELETE FROM classes WHERE created_by_user_id LIKE 'bench-%';
    TRUNCATE event_aggregates, event_outbox, event_deliveries, teacher_updates, teacher_update_purges;

    INSERT INTO classes (id, name, created_by_user_id, course_id)
    SELECT md5(kind || ' by bench-' || t)::uuid, 'SV1', 'bench-' || t, courses.id
    FROM generate_series(1, {TEACHERS}) t, unnest(ARRAY['read', 'written']) kind, courses WHERE course_code = 'SV1';

    INSERT INTO students
        (id, first_name, last_name, email, first_name_key, last_name_key, email_key, created_by_user_id)
    SELECT md5('student ' || s || ' of bench-' || t)::uuid, 'Astrid', 'Berg ' || s, 'astrid.' || s || '@skola.se',
        'astrid', 'berg ' || s, 'astrid.' || s || '@skola.se', 'bench-' || t
    FROM generate_series(1, {TEACHERS}) t, generate_series(1, {STUDENTS}) s;

    INSERT INTO class_student_association (class_id, student_id)
    SELECT md5('read by bench-' || t)::uuid, md5('student ' || s || ' of bench-' || t)::uuid
    FROM generate_series(1, {TEACHERS}) t, generate_series(1, {STUDENTS}) s;
"""  # noqa: S608  constants of ours

_WITH_CLASS = """
    SELECT batch_id FROM (
        SELECT DISTINCT batch_id FROM essay_student_associations
        WHERE validation_status = 'confirmed' AND class_id IS NOT NULL
    ) AS found ORDER BY md5(batch_id::text) LIMIT $1
"""


def user_id(number: int) -> str:
    """Of one of our teachers; `number` counts from 1."""
    return f"bench-{number}"


def class_id(kind: str, number: int) -> UUID:
    """`kind`: read or written."""
    return UUID(md5(f"{kind} by {user_id(number)}".encode(), usedforsecurity=False).hexdigest())


async def add_batches(ras_url: str, copies: int) -> None:
    """Each batch again for so many further teachers, without its essays."""
    async with connect(ras_url) as ras, ras.transaction():
        for statement in _MORE_BATCHES:
            await ras.execute(statement, copies)


async def renew_teachers(cms_url: str) -> None:
    """Our teachers, without what an earlier run made for them."""
    async with connect(cms_url) as cms:
        await cms.execute(_OURS)
        await cms.execute("VACUUM ANALYZE classes, students, class_student_association")


async def vacuum(url: str) -> None:
    """Otherwise the server would do it by itself in the middle of the measuring."""
    async with connect(url) as connection:
        await connection.execute("VACUUM ANALYZE")


async def batches_with_class(cms_url: str, number: int) -> list[UUID]:
    """From all over the table."""
    async with connect(cms_url) as cms:
        return [row["batch_id"] for row in await cms.fetch(_WITH_CLASS, number)]


async def associations(cms_url: str) -> int:
    async with connect(cms_url) as cms:
        found: int = await cms.fetchval("SELECT count(*) FROM essay_student_associations")
        return found
