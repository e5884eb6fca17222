"""`Idempotency-Key`: done once, answered alike."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from cms_service.tables import IdempotencyKey
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER
from tests.support.teachers import Json, Teacher, cost, events, refusal, updates

CLASS: Json = {"name": "SV1A", "course_codes": ["SV1"]}
BO: Json = {"person_name": {"first_name": "Bo", "last_name": "Ek"}, "email": "bo@skola.se"}
CREATES = [("/classes", CLASS), ("/classes/students", BO)]


@pytest.fixture
def teacher(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms)


async def create(teacher: Teacher, path: str, body: Any, key: str = "k", **headers: str) -> httpx.Response:
    return await teacher.ask("POST", path, json=body, headers={"Idempotency-Key": key} | headers)


async def stored(cms: RolledBack) -> list[str]:
    async with cms.read() as connection:
        return [*await connection.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key))]


async def age(cms: RolledBack, by: timedelta) -> None:
    async with cms.write() as connection:
        await connection.execute(update(IdempotencyKey).values(created_at=IdempotencyKey.created_at - by))


@pytest.mark.parametrize(("path", "body"), CREATES)
async def test_what_is_sent_again_is_done_once_and_answered_alike(
    teacher: Teacher, cms_database: RolledBack, path: str, body: Json
) -> None:
    first = await create(teacher, path, body)
    again = [await create(teacher, path, body) for _ in range(2)]
    for answer in again:
        assert (answer.status_code, answer.content) == (201, first.content)
        assert answer.headers["Location"] == first.headers["Location"]
        assert answer.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert (await teacher.get(path))["pagination"]["total"] == 1
    assert len(await events(cms_database)) == 1
    assert len(await updates(cms_database)) == (1 if path == "/classes" else 0)


async def test_the_answer_stays_when_what_was_made_is_gone(teacher: Teacher) -> None:
    first = await create(teacher, "/classes", CLASS)
    await teacher.ask("DELETE", f"/classes/{first.json()['id']}")
    assert (await create(teacher, "/classes", CLASS)).content == first.content
    assert (await teacher.get("/classes"))["classes"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/classes", CLASS | {"name": "SV1B"}), ("/classes", CLASS | {"x": 1}), ("/classes/students", BO)],
)
async def test_a_key_is_one_requests(teacher: Teacher, cms_database: RolledBack, path: str, body: Json) -> None:
    await create(teacher, "/classes", CLASS)
    assert refusal(await create(teacher, path, body)) == (409, "CONFLICT", [])
    assert len(await events(cms_database)) == 1


async def test_a_key_is_one_teachers_and_a_key_more_is_another(cms: httpx.AsyncClient, teacher: Teacher) -> None:
    answers = [
        await create(teacher, "/classes", CLASS),
        await create(teacher, "/classes", CLASS, key="K"),
        await create(Teacher(cms, OTHER), "/classes", CLASS),
        await teacher.ask("POST", "/classes", json=CLASS),
    ]
    assert [each.status_code for each in answers] == [201] * 4
    assert len({each.json()["id"] for each in answers}) == 4


async def test_what_was_refused_is_not_remembered(teacher: Teacher, cms_database: RolledBack) -> None:
    made = await teacher.made("/classes/students", BO)
    assert refusal(await create(teacher, "/classes/students", BO)) == (409, "CONFLICT", ["email"])
    assert refusal(await create(teacher, "/classes/students", {})) == (400, "VALIDATION_ERROR", ["person_name"])
    assert await stored(cms_database) == []
    await teacher.ask("DELETE", f"/classes/students/{made['id']}")
    assert (await create(teacher, "/classes/students", BO)).status_code == 201


async def test_after_a_day_a_key_is_new(teacher: Teacher, cms_database: RolledBack) -> None:
    first = await create(teacher, "/classes", CLASS)
    await age(cms_database, timedelta(hours=23, minutes=59))
    assert (await create(teacher, "/classes", CLASS)).content == first.content
    await age(cms_database, timedelta(minutes=1))
    second = await create(teacher, "/classes", CLASS | {"name": "SV1B"})
    assert (second.status_code, second.json()["name"]) == (201, "SV1B")
    assert (await create(teacher, "/classes", CLASS | {"name": "SV1B"})).content == second.content


async def test_expired_keys_go_with_those_that_come(teacher: Teacher, cms_database: RolledBack) -> None:
    row = {"user_id": OTHER, "request_hash": b"", "status": 201, "location": "/", "body": b"{}"}
    async with cms_database.write() as connection:
        await connection.execute(insert(IdempotencyKey), [row | {"key": f"old {n:02}"} for n in range(12)])
    await age(cms_database, timedelta(days=1))
    async with cms_database.write() as connection:
        await connection.execute(insert(IdempotencyKey), [row | {"key": "young"}])
    await create(teacher, "/classes", CLASS)
    left = await stored(cms_database)
    assert [key[:3] for key in left] == ["k", "old", "old", "you"]
    await create(teacher, "/classes", CLASS, key="l")
    assert await stored(cms_database) == ["k", "l", "young"]


@pytest.mark.parametrize("key", ["", "x" * 256, "å", "a\tb", "\x7f"])
async def test_what_is_no_key(teacher: Teacher, cms_database: RolledBack, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    request = teacher.client.build_request("POST", "/v1/classes", json=CLASS, headers={"X-User-ID": TEACHER})
    request.headers = httpx.Headers([*request.headers.raw, *headers])
    assert refusal(await teacher.client.send(request)) == (400, "VALIDATION_ERROR", ["Idempotency-Key"])
    twice = httpx.Headers([*request.headers.raw[:-1], (b"Idempotency-Key", b"a"), (b"Idempotency-Key", b"a")])
    request.headers = twice
    assert refusal(await teacher.client.send(request)) == (400, "VALIDATION_ERROR", ["Idempotency-Key"])
    assert await events(cms_database) == []


@pytest.mark.parametrize("key", ["x" * 255, "a b ~!\"'\\%:", "%00"])
async def test_what_is_a_key(teacher: Teacher, key: str) -> None:
    first = await create(teacher, "/classes", CLASS, key=key)
    assert first.status_code == 201
    assert (await create(teacher, "/classes", CLASS, key=key)).content == first.content


async def test_it_costs_three_statements_and_a_repetition_two(teacher: Teacher, cms_database: RolledBack) -> None:
    costs = []
    for _ in range(2):
        with cms_database.statements() as sent:
            await create(teacher, "/classes/students", BO)
        costs.append(cost(sent))
    assert costs == [5, 2]
