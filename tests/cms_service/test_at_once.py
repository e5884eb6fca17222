"""Writes that meet, on connections of their own and committed for good."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from cms_service.app import create_app
from cms_service.queries import idempotency, students
from cms_service.queries.students import EmailTakenError, Person
from cms_service.settings import CmsSettings
from cms_service.tables import EventOutbox, SchoolClass, TeacherUpdate
from cms_service.tables import Student as StudentRow
from kit import migrations
from kit.db import Database
from tests.support.apps import INTERNAL, KEY, client
from tests.support.databases import Databases
from tests.support.teachers import Json, Teacher, refusal

PATH = "/classes/students"
BO: Json = {"person_name": {"first_name": "Bo", "last_name": "Ek"}}


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    url = await databases.create(f"cms_at_once_{uuid4().hex[:12]}")
    await migrations.upgrade("cms", url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database.open(settings(url))
    yield opened
    await opened.close()


@pytest.fixture
async def teacher(url: str, database: Database) -> AsyncIterator[Teacher]:
    """Each test's own."""
    async with client(create_app(settings(url), database), INTERNAL) as made:
        yield Teacher(made, f"teacher-{uuid4().hex}")


def settings(url: str) -> CmsSettings:
    return CmsSettings(internal_api_key=SecretStr(KEY), database_url=url, database_pool_size=30)


async def a_class(teacher: Teacher) -> str:
    return str((await teacher.made("/classes", {"name": "SV1", "course_codes": ["SV1"]}))["id"])


async def count(database: Database, table: Any, *conditions: Any) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def published(database: Database, aggregate_id: str) -> list[tuple[int, Json]]:
    """Version and data in the order of publication."""
    rows = select(EventOutbox.envelope).where(EventOutbox.aggregate_id == aggregate_id).order_by(EventOutbox.position)
    async with database.read() as connection:
        return [(each["metadata"]["aggregate_version"], each["data"]) for each in await connection.scalars(rows)]


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(each.status_code for each in answers)


async def test_of_thirty_creates_of_one_address_one_succeeds(teacher: Teacher, database: Database) -> None:
    class_id = await a_class(teacher)
    bodies = [BO | {"email": ("bo@skola.se", "BO@SKOLA.SE")[n % 2], "class_ids": [class_id]} for n in range(30)]
    answers = await asyncio.gather(*(teacher.ask("POST", PATH, json=body) for body in bodies))
    assert statuses(answers) == {201: 1, 409: 29}
    assert {(code, *fields) for status, code, fields in map(refusal, filter(is_refused, answers))} == {
        ("CONFLICT", "email")
    }
    assert await count(database, StudentRow, StudentRow.created_by_user_id == teacher.user_id) == 1
    assert await count(database, EventOutbox, EventOutbox.envelope["data"]["user_id"].astext == teacher.user_id) == 2
    assert await count(database, TeacherUpdate, TeacherUpdate.user_id == teacher.user_id) == 2


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code >= 400


async def test_of_thirty_tries_with_one_key_one_is_done(teacher: Teacher, database: Database) -> None:
    async def attempt() -> httpx.Response:
        return await teacher.ask("POST", PATH, json=BO, headers={"Idempotency-Key": "k"})

    answers = await asyncio.gather(*(attempt() for _ in range(30)))
    assert {*statuses(answers)} <= {201, 409}
    assert len({each.content for each in answers if each.status_code == 201}) == 1
    assert all(refusal(each) == (409, "CONFLICT", []) for each in answers if is_refused(each))
    assert await count(database, StudentRow, StudentRow.created_by_user_id == teacher.user_id) == 1
    assert (await attempt()).status_code == 201


async def test_a_try_that_is_under_way_holds_off_the_others(teacher: Teacher, database: Database) -> None:
    async def attempt(key: str) -> httpx.Response:
        return await teacher.ask("POST", PATH, json=BO, headers={"Idempotency-Key": key})

    async with database.write() as connection:
        assert await idempotency.lock(connection, teacher.user_id, "k")
        assert refusal(await attempt("k")) == (409, "CONFLICT", [])
        assert (await attempt("another")).status_code == 201
    assert (await attempt("k")).status_code == 201


async def test_changes_of_one_class_are_versions_in_the_order_of_commits(teacher: Teacher, database: Database) -> None:
    class_id = await a_class(teacher)
    answers = await asyncio.gather(
        *(teacher.ask("PUT", f"/classes/{class_id}", json={"name": f"N{n}"}) for n in range(30))
    )
    assert statuses(answers) == {200: 30}
    events = await published(database, class_id)
    assert [version for version, _ in events] == list(range(1, 32))
    assert events[-1][1]["class_designation"] == (await teacher.get(f"/classes/{class_id}"))["name"]


async def test_additions_that_meet_do_not_pass_the_limit(teacher: Teacher, database: Database) -> None:
    ids = [await a_class(teacher) for _ in range(24)]
    student_id = (await teacher.made(PATH, BO | {"class_ids": ids[:18]}))["id"]
    answers = await asyncio.gather(
        *(teacher.ask("PUT", f"{PATH}/{student_id}", json={"add_class_ids": [each]}) for each in ids[18:])
    )
    assert statuses(answers) == {200: 2, 400: 4}
    assert (await published(database, student_id))[-1][1]["class_ids"] == (await teacher.get(f"{PATH}/{student_id}"))[
        "class_ids"
    ]


async def test_a_class_may_go_while_students_come(teacher: Teacher, database: Database) -> None:
    class_id = await a_class(teacher)

    async def enrol(n: int) -> httpx.Response:
        await asyncio.sleep(n / 1000)
        return await teacher.ask("POST", PATH, json=BO | {"class_ids": [class_id]})

    async def change(n: int) -> httpx.Response:
        made = await teacher.made(PATH, BO)
        await asyncio.sleep(n / 1000)
        return await teacher.ask("PUT", f"{PATH}/{made['id']}", json={"add_class_ids": [class_id]})

    async def delete(n: int) -> httpx.Response:
        await asyncio.sleep(n / 100)
        return await teacher.ask("DELETE", f"/classes/{class_id}")

    enrolled, changed, deleted = await asyncio.gather(
        asyncio.gather(*map(enrol, range(30))),
        asyncio.gather(*map(change, range(20))),
        asyncio.gather(*map(delete, range(1, 4))),
    )
    assert statuses(deleted) == {204: 1, 404: 2}
    assert {*statuses(enrolled)} <= {201, 400}
    assert {*statuses(changed)} <= {200, 400}
    assert {tuple(refusal(each)[2]) for each in [*enrolled, *changed] if is_refused(each)} <= {
        ("class_ids.0",),
        ("add_class_ids.0",),
    }
    assert await count(database, SchoolClass, SchoolClass.created_by_user_id == teacher.user_id) == 0
    found = await teacher.get(PATH, limit=100)
    assert all(each["class_ids"] == [] for each in found["students"])


async def test_two_that_take_each_others_address(teacher: Teacher, database: Database) -> None:
    """Each has changed its row and waits for the other's: one of them is given up, and then the other is refused."""
    emails = ("one@skola.se", "two@skola.se")
    ids = [UUID((await teacher.made(PATH, BO | {"email": email}))["id"]) for email in emails]
    changed = asyncio.Barrier(2)

    async def take(student_id: UUID, own: str, other: str) -> str:
        try:
            async with database.write() as connection:
                await students.change(connection, teacher.user_id, student_id, Person("Eva", "Ek", None, own))
                await changed.wait()
                await students.change(connection, teacher.user_id, student_id, Person("Eva", "Ek", None, other))
        except EmailTakenError:
            return "taken"
        return "changed"

    assert {*await asyncio.gather(take(ids[0], *emails), take(ids[1], *reversed(emails)))} == {"taken"}
    assert {each["email"] for each in (await teacher.get(PATH, q="ek"))["students"]} == {*emails}


async def test_a_student_may_go_while_changed(teacher: Teacher, database: Database) -> None:
    student_id = (await teacher.made(PATH, BO))["id"]
    changes = [teacher.ask("PUT", f"{PATH}/{student_id}", json={"email": f"b{n}@skola.se"}) for n in range(10)]
    answers = await asyncio.gather(*changes, teacher.ask("DELETE", f"{PATH}/{student_id}"))
    assert answers[-1].status_code == 204
    assert {*statuses(answers[:-1])} <= {200, 404}
    versions = [version for version, _ in await published(database, student_id)]
    assert versions == list(range(1, len(versions) + 1))
    assert (await published(database, student_id))[-1][1] == {"student_id": student_id, "user_id": teacher.user_id}
