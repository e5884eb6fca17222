"""A teacher's classes: listed, read, and who may."""

from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from cms_service.tables import SchoolClass
from kit.paging import encode_cursor
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, minutes
from tests.support.pupils import enrol, student, unknown_student
from tests.support.teachers import Json, Teacher, refusal, same_error


@pytest.fixture
def teacher(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms)


@pytest.fixture
def other(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms, OTHER)


async def made_at(cms: RolledBack, minute: int, **changes: Any) -> UUID:
    class_id = await a_class(cms, **changes)
    async with cms.write() as connection:
        moment = {"created_at": minutes(minute), "updated_at": minutes(minute + 1)}
        await connection.execute(update(SchoolClass).where(SchoolClass.id == class_id).values(moment))
    return class_id


def ids(page: Json, name: str = "classes") -> list[UUID]:
    return [UUID(each["id"]) for each in page[name]]


async def test_a_class_as_it_goes_out(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id = await made_at(cms_database, 0, name="SV1 Å")
    await enrol(cms_database, class_id, student(), student(), unknown_student(class_id))
    expected = {
        "id": str(class_id),
        "name": "SV1 Å",
        "course_code": "SV1",
        "student_count": 2,
        "created_at": "2026-09-14T12:00:00Z",
        "updated_at": "2026-09-14T12:01:00Z",
    }
    assert await teacher.get(f"/classes/{class_id}") == expected
    assert await teacher.get("/classes") == {
        "classes": [expected],
        "pagination": {"limit": 20, "offset": 0, "total": 1, "next": None},
    }


async def test_newest_first_in_pages_of_either_kind(teacher: Teacher, cms_database: RolledBack) -> None:
    made = [(n // 2, await made_at(cms_database, n // 2)) for n in range(7)]  # pairs share a moment
    newest = [class_id for _, class_id in sorted(made, reverse=True)]
    await a_class(cms_database, user_id=OTHER)
    assert ids(await teacher.get("/classes")) == newest
    assert ids(await teacher.get("/classes", limit=3, offset=2)) == newest[2:5]

    seen: list[UUID] = []
    after: dict[str, str] = {}
    while True:
        page = await teacher.get("/classes", limit=2, cursors="true", **after)
        seen += ids(page)
        assert (page["pagination"]["total"], len(page["cursors"])) == (7, len(page["classes"]))
        if page["pagination"]["next"] is None:
            break
        assert page["pagination"]["next"] == page["cursors"][-1]
        after = {"after": page["pagination"]["next"]}
    assert seen == newest


async def test_an_empty_page_still_tells_the_total(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database)
    await enrol(cms_database, class_id, student())
    nothing = {"pagination": {"limit": 20, "offset": 5, "total": 1, "next": None}}
    assert await teacher.get("/classes", offset=5) == {"classes": [], **nothing}
    assert await teacher.get("/classes/students", offset=5) == {"students": [], **nothing}
    assert await teacher.get(f"/classes/{class_id}/students", offset=5) == {"students": [], **nothing}


async def test_a_roster_is_in_swedish_order_without_the_unknown_student(
    teacher: Teacher, cms_database: RolledBack
) -> None:
    class_id, elsewhere = await a_class(cms_database), await a_class(cms_database)
    names = [("Bo", "Ek"), ("Åsa", "Ek"), ("Ann", "von Essen"), ("Bo", "Zorn"), ("Bo", "Åberg"), ("Bo", "Öst")]
    await enrol(cms_database, class_id, *(student(*each) for each in reversed(names)), unknown_student(class_id))
    await enrol(cms_database, elsewhere, student())

    page = await teacher.get(f"/classes/{class_id}/students", limit=4)
    assert page["pagination"] | {"next": None} == {"limit": 4, "offset": 0, "total": 6, "next": None}
    rest = await teacher.get(f"/classes/{class_id}/students", limit=4, after=page["pagination"]["next"])
    listed = [*page["students"], *rest["students"]]
    assert [(each["first_name"], each["last_name"]) for each in listed] == names
    assert rest["pagination"]["next"] is None
    assert listed[0]["class_ids"] == [str(class_id)]


class Call(NamedTuple):
    method: str
    path: str
    body: Any = None


CALLS = [
    Call("GET", "/classes/{class_id}"),
    Call("PUT", "/classes/{class_id}", {"name": "Mine now"}),
    Call("DELETE", "/classes/{class_id}"),
    Call("GET", "/classes/{class_id}/students"),
    Call("GET", "/classes/students/{student_id}"),
    Call("PUT", "/classes/students/{student_id}", {"email": None}),
    Call("DELETE", "/classes/students/{student_id}"),
]


async def called(teacher: Teacher, call: Call, **ids: UUID | str) -> httpx.Response:
    return await teacher.ask(call.method, call.path.format(**ids), json=call.body)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
async def test_somebody_elses_is_as_if_it_did_not_exist(
    teacher: Teacher, other: Teacher, cms_database: RolledBack, call: Call
) -> None:
    class_id, pupil = await a_class(cms_database), student()
    await enrol(cms_database, class_id, pupil)
    theirs = await called(other, call, class_id=class_id, student_id=pupil.id)
    unknown = await called(other, call, class_id=uuid4(), student_id=uuid4())
    malformed = await called(other, call, class_id="{}", student_id="00000000-0000-0000-0000-00000000000g")
    assert refusal(theirs) == (404, "RESOURCE_NOT_FOUND", [])
    assert same_error(theirs, unknown, malformed)
    mine = await called(teacher, call, class_id=class_id, student_id=pupil.id)
    assert mine.status_code == (204 if call.method == "DELETE" else 200)


@pytest.mark.parametrize("call", [*CALLS, Call("GET", "/classes"), Call("POST", "/classes/students")])
async def test_nobody_may(cms: httpx.AsyncClient, call: Call) -> None:
    path = f"/v1{call.path.format(class_id=uuid4(), student_id=uuid4())}"
    for headers in ({}, {"X-Internal-API-Key": "", "X-User-ID": TEACHER}, {"X-Service-ID": "x", "X-User-ID": TEACHER}):
        answer = await cms.request(call.method, path, headers=headers, json=call.body)
        assert refusal(answer) == (401, "AUTHENTICATION_ERROR", [])
    answer = await cms.request(call.method, path, headers={"X-User-ID": ".."}, json=call.body)
    assert refusal(answer) == (400, "VALIDATION_ERROR", ["X-User-ID"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/classes", "GET, HEAD, POST"),
        ("DELETE", "/classes/students", "GET, HEAD, POST"),
        ("PUT", "/classes/students", "GET, HEAD, POST"),
        ("POST", f"/classes/{UUID(int=1)}", "GET, HEAD, PUT, DELETE"),
        ("POST", f"/classes/students/{UUID(int=1)}", "GET, HEAD, PUT, DELETE"),
        ("POST", f"/classes/{UUID(int=1)}/students", "GET, HEAD"),
    ],
)
async def test_a_method_that_a_path_does_not_take(teacher: Teacher, method: str, path: str, allowed: str) -> None:
    answer = await teacher.ask(method, path)
    assert refusal(answer) == (405, "METHOD_NOT_ALLOWED", [])
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["/classes", "/classes/students", "/classes/{class_id}/students"])
async def test_a_bad_query_is_told_whole(teacher: Teacher, cms_database: RolledBack, path: str) -> None:
    path = path.format(class_id=await a_class(cms_database))
    answer = await teacher.ask("GET", path, params={"limit": 101, "offset": "x", "after": "?", "cursors": "1"})
    assert refusal(answer) == (400, "VALIDATION_ERROR", ["limit", "offset", "after", "cursors"])
    key = (minutes(0), uuid4()) if path == "/classes" else ("a", "b", uuid4())
    both = await teacher.ask("GET", path, params={"offset": 1, "after": encode_cursor(key)})
    assert both.json()["error"]["fields"] == [{"field": "offset", "message": "must be 0 together with after"}]


async def test_the_cost_does_not_grow_with_the_data(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id, counts = await a_class(cms_database), []
    for _ in range(2):
        for _ in range(5):
            await enrol(cms_database, await a_class(cms_database), student())
        await enrol(cms_database, class_id, *(student() for _ in range(20)))
        with cms_database.statements() as sent:
            await teacher.get("/classes", limit=100)
            await teacher.get("/classes/students", limit=100, q="ö")
            await teacher.get(f"/classes/{class_id}/students", limit=100)
            await teacher.get(f"/classes/{class_id}")
        counts.append(len(sent))
    assert counts == [4, 4]
