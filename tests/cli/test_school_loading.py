"""Schools in real databases."""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from cli.school import MadeSchoolError, School, load_made, load_sample, made_user_id, sample_school
from cli.school.copying import Connection, connect, copy
from cli.school.made_lines import MadeTeacher, Piece, association_lines, batch_lines, essay_lines
from cli.school.models import model
from cli.school.rows import Row, columns_of
from cms_service.contract import AssociationStatus
from cms_service.queries import lookups as queries
from cms_service.tables import DeadLetter
from kit.ids import is_user_id
from ras_service.lifecycle import BatchState
from tests.cli.consistency import BREACHES
from tests.conftest import migrated
from tests.support.databases import Databases

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"

SIZES = {
    "cms": ("classes", "students", "class_student_association", "essay_student_associations", "batch_classes"),
    "ras": ("batch_results", "essay_results", "batch_counts"),
}


@dataclass
class Pair:
    cms_url: str
    ras_url: str
    cms: Connection
    ras: Connection

    async def make(self, *, teachers: int = 2, batches: int = 2, essays: int = 1) -> None:
        await load_made(
            self.cms_url, self.ras_url, teachers=teachers, batches=batches, essays=essays, progress=lambda _: None
        )

    async def sizes(self) -> dict[str, int]:
        connections = {"cms": self.cms, "ras": self.ras}
        return {
            table: await connections[name].fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for name, tables in SIZES.items()
            for table in tables
        }


@asynccontextmanager
async def pair_of(databases: Databases) -> AsyncIterator[Pair]:
    cms_url, ras_url = await migrated(databases, "cms"), await migrated(databases, "ras")
    async with connect(cms_url) as cms, connect(ras_url) as ras:
        yield Pair(cms_url, ras_url, cms, ras)


@pytest.fixture
async def empty(databases: Databases) -> AsyncIterator[Pair]:
    async with pair_of(databases) as fresh:
        yield fresh


@pytest.fixture(scope="module")
async def filled(databases: Databases) -> AsyncIterator[Pair]:
    """The sample, and a made school beside it."""
    async with pair_of(databases) as fresh:
        await load_sample(fresh.cms_url, fresh.ras_url)
        await fresh.make(teachers=9, batches=50, essays=3)
        yield fresh


@pytest.fixture
async def cms_queries(filled: Pair) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(filled.cms_url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def test_the_databases_hold_the_sample_row_by_row(empty: Pair) -> None:
    await load_sample(empty.cms_url, empty.ras_url)
    school = sample_school()
    for connection, tables in ((empty.cms, school.cms_rows()), (empty.ras, school.ras_rows())):
        for rows in tables:
            assert await _stored(connection, rows[0]) == _by_key(map(_told, rows))


def _told(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in columns_of(row)}


async def _stored(connection: Connection, row: Row) -> dict[str, dict[str, Any]]:
    fetched = await connection.fetch(f"SELECT {', '.join(columns_of(row))} FROM {row.__tablename__}")  # noqa: S608
    return _by_key({name: _plain(name, value) for name, value in record.items()} for record in fetched)


def _plain(name: str, value: Any) -> Any:
    return json.loads(value) if name == "match_reasons" else value


def _by_key(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The first two columns are unique in each of the tables."""
    return {" ".join(str(value) for value in list(row.values())[:2]): row for row in rows}


async def test_classes_have_the_courses_of_the_database(filled: Pair) -> None:
    rows = await filled.cms.fetch("SELECT c.id, course_code FROM classes c JOIN courses ON courses.id = course_id")
    stored = {row["id"]: row["course_code"] for row in rows}
    assert sample_school().courses.items() <= stored.items()


async def test_the_sample_is_loaded_once(empty: Pair) -> None:
    await load_sample(empty.cms_url, empty.ras_url)
    before = await empty.sizes()
    await load_sample(empty.cms_url, empty.ras_url)
    assert await empty.sizes() == before


async def test_the_sample_stays_away_from_a_school_that_is_there(empty: Pair) -> None:
    await empty.ras.execute(
        """INSERT INTO batch_results (batch_id, user_id, batch_type, state, created_at, updated_at)
           VALUES (gen_random_uuid(), 'somebody', 'guest', 'cancelled', now(), now())"""
    )
    await load_sample(empty.cms_url, empty.ras_url)
    assert (await empty.sizes())["classes"] == 0
    assert (await empty.sizes())["batch_results"] == 1


async def test_class_info_of_the_sample_is_what_its_rows_say(cms_queries: AsyncConnection) -> None:
    school = sample_school()
    found = await queries.class_info(cms_queries, [each.batch_id for each in school.batches])
    assert {batch_id: info and info.class_id for batch_id, info in found.items()} == _classes_by_hand(school)
    assert None in found.values()
    names = {each.id: each.name for each in school.classes}
    assert all(info is None or names[info.class_id] == info.class_name for info in found.values())


def _classes_by_hand(school: School) -> dict[UUID, UUID | None]:
    owners = {each.id: each.created_by_user_id for each in school.classes}
    classes: dict[UUID, UUID | None] = {each.batch_id: None for each in school.batches}
    for each in school.batch_classes:
        classes[each.batch_id] = each.class_id if owners.get(each.class_id) == each.user_id else None
    matched = defaultdict(list)
    for row in school.associations:
        if row.class_id and row.validation_status is not AssociationStatus.REJECTED:
            matched[row.batch_id].append(row)
    for batch_id, rows in matched.items():
        most = Counter(row.class_id for row in rows)
        classes[batch_id] = min(rows, key=lambda row: (-most[row.class_id], row.created_at)).class_id
    return classes


async def test_a_made_school_has_the_size_that_was_asked_for(filled: Pair) -> None:
    rows = await filled.ras.fetch(
        """SELECT user_id, count(*) AS batches, sum(essay_count) AS essays, min(essay_count) AS least
           FROM batch_results WHERE user_id ~ '^teacher-[0-9]' GROUP BY user_id ORDER BY user_id"""
    )
    assert [tuple(row) for row in rows] == [(made_user_id(number), 50, 150, 3) for number in range(1, 10)]
    assert await filled.ras.fetchval("SELECT count(*) FROM essay_results") == 9 * 150 + len(sample_school().essays)
    assert is_user_id(made_user_id(99_999))


async def test_a_made_school_has_batches_of_every_state_and_some_classes_for_each_teacher(filled: Pair) -> None:
    states = await filled.ras.fetch("SELECT DISTINCT state FROM batch_results WHERE user_id = $1", made_user_id(9))
    assert {row["state"] for row in states} == set(BatchState)
    owners = await filled.cms.fetch("SELECT created_by_user_id, count(*) AS n FROM classes GROUP BY 1")
    classes = {row["created_by_user_id"]: row["n"] for row in owners}
    assert all(2 <= classes[made_user_id(number)] <= 8 for number in range(1, 10))


async def test_class_info_of_a_made_school(cms_queries: AsyncConnection, filled: Pair) -> None:
    teacher = made_user_id(5)
    rows = await filled.ras.fetch("SELECT batch_id, batch_type FROM batch_results WHERE user_id = $1", teacher)
    owned = await filled.cms.fetch("SELECT id FROM classes WHERE created_by_user_id = $1", teacher)
    found = await queries.class_info(cms_queries, [row["batch_id"] for row in rows])
    regular = [found[row["batch_id"]] for row in rows if row["batch_type"] == "regular"]
    assert {info.class_id for info in regular if info} <= {row["id"] for row in owned}
    assert sum(info is not None for info in regular) > len(regular) / 2
    assert all(found[row["batch_id"]] is None for row in rows if row["batch_type"] == "guest")


@pytest.mark.parametrize("rule", BREACHES)
async def test_the_sample_and_a_made_school_are_consistent(filled: Pair, rule: str) -> None:
    database, breaches = BREACHES[rule]
    connection = filled.cms if database == "cms" else filled.ras
    assert await connection.fetch(breaches) == []


async def test_associations_of_a_made_school_are_of_its_essays(filled: Pair) -> None:
    essays = await filled.ras.fetch("SELECT batch_id, essay_id FROM essay_results")
    matched = await filled.cms.fetch("SELECT batch_id, essay_id FROM essay_student_associations")
    assert {tuple(row) for row in matched} < {tuple(row) for row in essays}


async def test_a_second_made_school_is_refused(filled: Pair) -> None:
    before = await filled.sizes()
    with pytest.raises(MadeSchoolError, match="made school already"):
        await filled.make(teachers=9, batches=50, essays=3)
    assert await filled.sizes() == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teachers": 0}, r"teachers must be from 1 to 99,999, and is 0\."),
        ({"teachers": 100_000}, r"teachers must be from 1 to 99,999, and is 100,000\."),
        ({"batches": -1}, r"batches must be from 1 to 100,000, and is -1\."),
        ({"batches": 100_001}, r"batches must be from 1 to 100,000, and is 100,001\."),
        ({"essays": 0}, r"essays must be from 1 to 100, and is 0\."),
        ({"essays": 101}, r"essays must be from 1 to 100, and is 101\."),
    ],
)
async def test_sizes_out_of_bounds_are_refused_before_anything_is_opened(wrong: dict[str, int], message: str) -> None:
    size = {"teachers": 1, "batches": 1, "essays": 1, **wrong}
    with pytest.raises(MadeSchoolError, match=message):
        await load_made(NOWHERE, NOWHERE, progress=lambda _: None, **size)


async def test_a_load_that_is_stopped_leaves_nothing(empty: Pair) -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load_made(empty.cms_url, empty.ras_url, teachers=1, batches=3, essays=100, progress=stop)
    assert set((await empty.sizes()).values()) == {0}


async def test_a_load_that_fails_in_one_database_leaves_nothing_in_either(empty: Pair) -> None:
    await empty.ras.execute("ALTER TABLE essay_results ADD CONSTRAINT too_many CHECK (position < 2)")
    with pytest.raises(Exception, match="too_many"):
        await empty.make(teachers=2, batches=40, essays=3)
    assert set((await empty.sizes()).values()) == {0}


async def test_copy_keeps_texts_as_they_are_and_leaves_the_rest_to_defaults(empty: Pair) -> None:
    odd = 'tab\t, line\n, return\r, \\N, \\., "quote", {brace}, åäö 👩‍🏫'
    letters = [
        DeadLetter(reason=odd, body=b"\x00\\x\xff", headers={"odd": [odd, None]}),
        DeadLetter(reason="", body=b""),
    ]
    await copy(empty.cms, letters)
    rows = await empty.cms.fetch("SELECT * FROM dead_letters ORDER BY id")
    assert [(row["reason"], row["body"], json.loads(row["headers"]), row["event_id"]) for row in rows] == [
        (odd, b"\x00\\x\xff", {"odd": [odd, None]}, None),
        ("", b"", {}, None),
    ]
    assert all(row["created_at"] for row in rows)


def test_a_made_school_is_the_same_each_time() -> None:
    one, other = (MadeTeacher(4, made_user_id(5), model(4, 3), 50, 3) for _ in range(2))
    for lines in (batch_lines, essay_lines, association_lines):
        told = list(lines(Piece(one, range(50))))
        assert told == list(lines(Piece(other, range(50))))
        assert len(told) >= 50
