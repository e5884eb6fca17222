"""Every text that a teacher may send, and everything that is no such text."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from cms_service.tables import EventOutbox, SchoolClass
from cms_service.tables import Student as StudentRow
from tests.support.databases import RolledBack
from tests.support.teachers import Json, Teacher, refusal

CLASS: Json = {"name": "SV1A", "course_codes": ["SV1"]}
STUDENT: Json = {
    "person_name": {"first_name": "Bo", "last_name": "Ek", "legal_full_name": "Bo Ek"},
    "email": "bo@skola.se",
    "class_ids": [],
}
MEGABYTE = 1_000_000
# One that is the same in every worker that runs the tests.
AN_ID = UUID("6f2d9d1e-3b7c-4c55-9a52-0f8f4a2f6c01")

BAD: dict[str, Any] = {
    "NUL": "a\0b@c.se",
    "only NUL": "\0",
    "lone surrogate": "a\ud800",
    "another": "\udc00@skola.se",
    "1 MB": "x" * MEGABYTE,
    "1 MB of blanks": " " * MEGABYTE,
    "empty": "",
    "blank": " \t\n\u2003",
    "one blank": " ",
    "all that is blank": "".join(filter(str.isspace, map(chr, range(0x110000)))),
    "number": 7,
    "true": True,
    "list": ["x"],
    "object": {"x": "y"},
}
TEXTS = ["name", "course_codes.0"]
PERSONAL = ["person_name.first_name", "person_name.last_name", "person_name.legal_full_name", "email", "class_ids.0"]
FIELDS = [*(("/classes", each) for each in TEXTS), *(("/classes/students", each) for each in PERSONAL)]


def with_bad(body: Json, field: str, value: Any) -> str:
    """As JSON, with lone surrogates as escapes."""
    changed: Json = json.loads(json.dumps(body))
    *way, last = field.split(".")
    place: Any = changed
    for each in way:
        place = place[each]
    if isinstance(place, list):
        place[:] = [value]
    else:
        place[last] = value
    return json.dumps(changed)


async def written(cms: RolledBack) -> list[int | None]:
    async with cms.read() as connection:
        return [
            await connection.scalar(select(func.count()).select_from(table))
            for table in (SchoolClass, StudentRow, EventOutbox)
        ]


async def sent(teacher: Teacher, method: str, path: str, content: str) -> httpx.Response:
    return await teacher.ask(method, path, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize(("path", "field"), FIELDS)
async def test_bad_text_is_refused_at_its_field_and_nothing_stored(
    cms: httpx.AsyncClient, cms_database: RolledBack, path: str, field: str, bad: Any
) -> None:
    teacher = Teacher(cms)
    body = CLASS if path == "/classes" else STUDENT
    answer = await sent(teacher, "POST", path, with_bad(body, field, bad))
    assert refusal(answer) == (400, "VALIDATION_ERROR", [field])
    assert len(answer.content) < 2000
    assert await written(cms_database) == [0, 0, 0]

    made = await teacher.made(path, body)
    before = await written(cms_database)
    changed = await sent(teacher, "PUT", f"{path}/{made['id']}", with_bad(body, field, bad))
    assert refusal(changed) == (400, "VALIDATION_ERROR", [field])
    assert (await teacher.get(f"{path}/{made['id']}"), await written(cms_database)) == (made, before)


@pytest.mark.parametrize("field", ["add_class_ids", "remove_class_ids", "class_ids"])
@pytest.mark.parametrize("bad", ["nope", "{}", "", 7, None, f"{AN_ID}\n", AN_ID.hex, f"urn:uuid:{AN_ID}"])
async def test_ids_are_uuids(cms: httpx.AsyncClient, field: str, bad: Any) -> None:
    teacher = Teacher(cms)
    made = await teacher.made("/classes/students", STUDENT)
    answer = await teacher.ask("PUT", f"/classes/students/{made['id']}", json={field: [str(uuid4()), bad]})
    assert refusal(answer) == (400, "VALIDATION_ERROR", [f"{field}.1"])


async def test_all_at_once(cms: httpx.AsyncClient) -> None:
    body = {"person_name": {"first_name": "", "legal_full_name": 7}, "email": "x", "class_ids": ["a", str(uuid4()), 5]}
    fields = ["person_name.first_name", "person_name.last_name", "person_name.legal_full_name", "email"]
    answer = await Teacher(cms).ask("POST", "/classes/students", json=body)
    assert refusal(answer) == (400, "VALIDATION_ERROR", [*fields, "class_ids.0", "class_ids.2"])


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("a@b.se", True),
        ("o'brien+tag@mail.co.uk", True),
        ("åsa.öberg@skolå.se", True),
        ("a@xn--4ca.xn--p1ai", True),
        ("x" * 64 + "@" + "y" * 60 + ".se", True),
        ("x@huleedu.system.se", True),
        ("x@HuleEdu.System", False),
        (" x@huleedu.system ", False),
        ("x@huleedu.ſystem", False),
        ("x" * 65 + "@skola.se", False),
        ("a" * 60 + "@" + "b." * 100 + "se", False),
        ("a@b", False),
        ("a b@c.se", False),
        ("a@b..se", False),
        ("@b.se", False),
        ("a@.se", False),
        ("a@@b.se", False),
        ("a@b.se,c@d.se", False),
        ("Bo <a@b.se>", False),
    ],
)
async def test_what_an_address_looks_like(cms: httpx.AsyncClient, email: str, good: bool) -> None:
    answer = await Teacher(cms).ask("POST", "/classes/students", json=STUDENT | {"email": email})
    if good:
        assert answer.json()["email"] == email
    else:
        assert refusal(answer) == (400, "VALIDATION_ERROR", ["email"])


LONGEST: dict[str, Callable[[int], str]] = {
    "letters of four bytes": lambda n: "".join(chr(0x20000 + 37 * i) for i in range(n)),
    "letters of eighteen": lambda n: "\ufdfa" * n,
    "squares of six": lambda n: "".join(chr(0x3300 + (i * 31) % 0x57) for i in range(n)),
    "syllables of three": lambda n: "".join(chr(0xAC01 + (i * 97) % 11000) for i in range(n)),
}


@pytest.mark.parametrize("text", LONGEST.values(), ids=LONGEST)
async def test_a_name_may_be_of_any_hundred_letters(cms: httpx.AsyncClient, text: Callable[[int], str]) -> None:
    names = {"first_name": text(100), "last_name": text(100)[::-1], "legal_full_name": text(255)}
    made = await Teacher(cms).made("/classes/students", {"person_name": names})
    assert {name: made[name] for name in names} == names
