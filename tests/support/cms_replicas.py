"""Replicas of CMS on one database: real connections, committed rows."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import insert, select, text

from cms_service.confirmation import confirm
from cms_service.contract import AssociationStatus, CourseCode
from cms_service.deadlines import Monitor
from cms_service.queries.associations import Decided
from cms_service.settings import CmsSettings
from cms_service.tables import ClassStudent, Course, EssayAssociation, SchoolClass, Student
from kit.db import Database
from kit.updates import Updates
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.databases import Databases
from tests.support.pupils import student

LONG_AGO = datetime.now(UTC) - timedelta(hours=25)
DAY = timedelta(hours=24)
UPDATES = Updates()

# What the proof counts is told by the database itself.
WRITES = (
    "CREATE TABLE writes (essay_id uuid NOT NULL, status text NOT NULL)",
    """
    CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO writes VALUES (NEW.essay_id, NEW.validation_status); RETURN NULL; END $$
    """,
    """
    CREATE TRIGGER note_write AFTER UPDATE ON essay_student_associations
    FOR EACH ROW EXECUTE FUNCTION note_write()
    """,
)


class Cms:
    """Replicas on one database of their own. `database` is the test's own way in."""

    def __init__(self, url: str, database: Database) -> None:
        self.url = url
        self.database = database

    @asynccontextmanager
    async def monitors(self, number: int) -> AsyncIterator[list[Monitor]]:
        async with AsyncExitStack() as stack:
            made = []
            for _ in range(number):
                database = opened(self.url)
                stack.push_async_callback(database.close)
                made.append(Monitor(database, Updates(), DAY, 0.7))
            yield made

    async def school(self, classes: int, teachers: int | None = None) -> tuple[list[UUID], list[UUID]]:
        """Classes, of a teacher each unless they share some, and the one student of each."""
        owners = [teacher(n % (teachers or classes)) for n in range(classes)]
        async with self.database.write() as connection:
            course_id = await connection.scalar(select(Course.id).where(Course.course_code == CourseCode.SV1))
            class_ids, students = [uuid4() for _ in range(classes)], [student() for _ in range(classes)]
            values = [
                {"id": class_id, "name": "SV1A", "created_by_user_id": owner, "course_id": course_id}
                for owner, class_id in zip(owners, class_ids, strict=True)
            ]
            await connection.execute(insert(SchoolClass), values)
            people = [
                columns(each) | {"created_by_user_id": owner} for owner, each in zip(owners, students, strict=True)
            ]
            await connection.execute(insert(Student), people)
            pairs = [
                {"class_id": class_id, "student_id": each.id}
                for class_id, each in zip(class_ids, students, strict=True)
            ]
            await connection.execute(insert(ClassStudent), pairs)
        return class_ids, [each.id for each in students]

    async def student(self, class_id: UUID) -> UUID:
        """One more, of the first teacher."""
        made = student("Bo")
        async with self.database.write() as connection:
            await connection.execute(insert(Student).values(columns(made) | {"created_by_user_id": teacher(0)}))
            await connection.execute(insert(ClassStudent).values(class_id=class_id, student_id=made.id))
        return made.id

    async def add(self, rows: Sequence[dict[str, Any]]) -> None:
        async with self.database.write() as connection:
            await connection.execute(insert(EssayAssociation), rows)

    async def writes(self) -> Counter[tuple[UUID, str]]:
        async with self.database.read() as connection:
            return Counter((essay_id, status) for essay_id, status in await connection.execute(text("TABLE writes")))

    async def waiting(self, number: int) -> None:
        """Until so many connections wait for an advisory lock or a row."""
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(10):
            while True:
                async with self.database.read() as connection:
                    if await connection.scalar(query) == number:
                        return
                await asyncio.sleep(0.01)


def opened(url: str) -> Database:
    return Database.open(CmsSettings(internal_api_key=SecretStr(KEY), database_url=url, database_pool_size=10))


def teacher(n: int) -> str:
    return f"teacher-{n}"


def columns(row: Student) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def due(batch_id: UUID, class_id: UUID, student_id: UUID, n: int, user_id: str) -> dict[str, Any]:
    """Every third has a poor score."""
    return {
        "essay_id": uuid4(),
        "batch_id": batch_id,
        "class_id": class_id,
        "student_id": student_id,
        "created_by_user_id": user_id,
        "confidence_score": 0.3 if n % 3 == 0 else 0.9,
        "validation_status": AssociationStatus.PENDING_VALIDATION,
        "created_at": LONG_AGO,
    }


@asynccontextmanager
async def replicated(databases: Databases) -> AsyncIterator[Cms]:
    url = await migrated(databases, "cms")
    database = opened(url)
    async with database.write() as connection:
        for statement in WRITES:
            await connection.exec_driver_sql(statement)
    yield Cms(url, database)
    await database.close()


def pairs_of(events: list[dict[str, Any]]) -> Counter[tuple[UUID, UUID]]:
    return Counter((UUID(each["data"]["batch_id"]), UUID(each["data"]["class_id"])) for each in events)


async def confirm_all(cms: Cms, rows: list[dict[str, Any]], *, confirmed: bool = True) -> None:
    """As the teacher's request does."""
    user_id = rows[0]["created_by_user_id"]
    decided = [Decided(row["essay_id"], row["student_id"] if confirmed else None) for row in rows]
    async with cms.database.write() as connection:
        change = await confirm(connection, batch_id=rows[0]["batch_id"], user_id=user_id, decisions=decided)
        await UPDATES.tell(connection, *change.updates)
