"""A teacher's students: listed, found, read."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class
from tests.support.pupils import enrol, student, unknown_student
from tests.support.teachers import Json, Teacher, refusal, same_error

PATH = "/classes/students"


@pytest.fixture
def teacher(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms)


async def names(teacher: Teacher, **params: Any) -> list[str]:
    return [f"{each['first_name']} {each['last_name']}" for each in (await teacher.get(PATH, **params))["students"]]


async def test_a_student_as_it_goes_out(teacher: Teacher, cms_database: RolledBack) -> None:
    low, high = UUID(int=1), UUID(int=2)
    pupil = student("Åsa", "Öberg", legal_full_name="Åsa Maria Öberg", email="Asa@Skola.se")
    bare = student("Bo", "Ek")
    for class_id in (high, low):
        await a_class(cms_database, class_id=class_id)
    await enrol(cms_database, high, pupil, bare)
    await enrol(cms_database, low, pupil)
    stamps = {"created_at": "2026-09-14T12:00:00Z", "updated_at": "2026-09-14T12:00:00Z"}
    second: Json = {
        "id": str(pupil.id),
        "first_name": "Åsa",
        "last_name": "Öberg",
        "legal_full_name": "Åsa Maria Öberg",
        "email": "Asa@Skola.se",
        "class_ids": [str(low), str(high)],
        **stamps,
    }
    first: Json = {
        "id": str(bare.id),
        "first_name": "Bo",
        "last_name": "Ek",
        "legal_full_name": "Bo Ek",
        "email": None,
        "class_ids": [str(high)],
        **stamps,
    }
    assert await teacher.get(f"{PATH}/{pupil.id}") == second
    pagination = {"limit": 20, "offset": 0, "total": 2, "next": None}
    assert await teacher.get(PATH) == {"students": [first, second], "pagination": pagination}
    assert await teacher.get(f"/classes/{low}/students") == {
        "students": [second],
        "pagination": pagination | {"total": 1},
    }


async def test_by_last_name_first_name_and_id_in_pages(teacher: Teacher, cms_database: RolledBack) -> None:
    rows = [student("Bo", "Ek", id=UUID(int=n)) for n in (3, 1, 2)]
    rows += [student("Åke", "Ek"), student("Ann", "Åberg"), student("Ann", "Äng"), student("Ann", "Öst")]
    await cms_database.add(*rows, student("Nils", "Annan", created_by_user_id=OTHER))

    whole = await teacher.get(PATH)
    expected = ["Bo Ek", "Bo Ek", "Bo Ek", "Åke Ek", "Ann Åberg", "Ann Äng", "Ann Öst"]
    assert [f"{each['first_name']} {each['last_name']}" for each in whole["students"]] == expected
    assert [each["id"] for each in whole["students"][:3]] == [str(UUID(int=n)) for n in (1, 2, 3)]

    seen: list[Json] = []
    after: dict[str, str] = {}
    for size in (3, 3, 1):
        page = await teacher.get(PATH, limit=3, cursors="true", **after)
        assert (len(page["students"]), len(page["cursors"]), page["pagination"]["total"]) == (size, size, 7)
        seen += page["students"]
        after = {"after": page["cursors"][-1]}
    assert seen == whole["students"]
    assert page["pagination"]["next"] is None
    assert (await teacher.get(PATH, limit=2, offset=3))["students"] == whole["students"][3:5]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("", ["Öst Ek", "O%_a Å", "Bo Öberg"]),
        ("  ", ["Öst Ek", "O%_a Å", "Bo Öberg"]),
        (" ö ", ["Öst Ek", "Bo Öberg"]),
        ("ÖB", ["Bo Öberg"]),
        ("ob", []),
        ("o%", ["O%_a Å"]),
        ("o%_A", ["O%_a Å"]),
        ("%", []),
        ("_", []),
        ("å", ["O%_a Å"]),
        ("BO.", ["Bo Öberg"]),
        ("bo.öberg@SKOLA", ["Bo Öberg"]),
        ("skola", []),
        ("st", []),
        ("unknown", []),
        ("'; --", []),
        ("\\", []),
    ],
)
async def test_q_is_how_a_name_or_address_begins(
    teacher: Teacher, cms_database: RolledBack, q: str, found: list[str]
) -> None:
    class_id = await a_class(cms_database)
    rows = [student("Öst", "Ek"), student("Bo", "Öberg", email="bo.Öberg@skola.se"), student("O%_a", "Å")]
    await enrol(cms_database, class_id, *rows, unknown_student(class_id))
    await cms_database.add(student("Öst", "Ek", created_by_user_id=OTHER))
    assert await names(teacher, q=q) == found
    page = await teacher.get(PATH, q=q, limit=1)
    assert page["pagination"]["total"] == len(found)


async def test_q_has_its_limits(teacher: Teacher) -> None:
    assert await names(teacher, q="x" * 100) == []
    for q in ("x" * 101, "a\0"):
        answer = await teacher.ask("GET", PATH, params={"q": q, "limit": 0})
        assert refusal(answer) == (400, "VALIDATION_ERROR", ["limit", "q"])
    # What is no UTF-8 is read as U+FFFD, which no name begins with.
    assert (await teacher.ask("GET", f"{PATH}?q=%ED%A0%80")).json()["students"] == []


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"email": None}), ("DELETE", None)])
async def test_an_unknown_student_is_not_there(
    teacher: Teacher, cms_database: RolledBack, method: str, body: Any
) -> None:
    class_id = await a_class(cms_database)
    unknown = unknown_student(class_id)
    await enrol(cms_database, class_id, unknown)
    answer = await teacher.ask(method, f"{PATH}/{unknown.id}", json=body)
    assert refusal(answer) == (404, "RESOURCE_NOT_FOUND", [])
    assert same_error(answer, await teacher.ask(method, f"{PATH}/{class_id}", json=body))
    assert (await teacher.get(f"/classes/{class_id}"))["student_count"] == 0
