"""What a poll answers, whatever it is asked."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from kit.db import Database
from kit.updates.purge import UPDATES
from tests.kit.updates.replicas import Replica, numbers, ready, replica, status
from tests.support.given import OTHER

PURGE_ALL = timedelta(seconds=-1)


async def test_a_page_is_what_was_told_after_the_cursor(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        start = await ras.poll(teacher)
        assert start == {"updates": [], "cursor": 0}
        await ras.tell(ready(teacher, 1), ready(OTHER, 2), ready(teacher, 3))
        page = await ras.poll(teacher, after=0, wait=25)
        first, second = page["updates"]
        assert first == {
            "seq": second["seq"] - 2,
            "type": "batch_results_ready",
            "payload": {"n": 1},
            "created_at": first["created_at"],
        }
        assert datetime.fromisoformat(first["created_at"]).tzinfo
        assert page["cursor"] == second["seq"]
        assert numbers((await ras.poll(teacher, after=first["seq"]))["updates"]) == [3]
        assert await ras.poll(teacher, after=page["cursor"]) == {"updates": [], "cursor": page["cursor"]}
        assert await ras.poll(teacher, wait=25) == {"updates": [], "cursor": page["cursor"]}


async def test_a_poll_reads_100_rows_and_the_cursor_is_the_last_one_read(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        await ras.tell(*(ready(teacher, n) for n in range(99)), status(teacher, "a", 99))
        await ras.tell(status(teacher, "a", 100), ready(teacher, 101))
        first = await ras.poll(teacher, after=0)
        second = await ras.poll(teacher, after=first["cursor"])
    assert numbers(first["updates"]) == list(range(100))
    assert numbers(second["updates"]) == [100, 101]


async def test_of_a_batch_only_the_newest_status_is_told_in_its_own_place(url: str, teacher: str) -> None:
    told = [status(teacher, "a", 1), ready(teacher, 2), status(teacher, "b", 3), ready(teacher, 4)]
    async with replica(url) as ras:
        for update in [*told, status(teacher, "a", 5), ready(teacher, 6), status(teacher, "b", 7)]:
            await ras.tell(update)
        page = await ras.poll(teacher, after=0)
    assert numbers(page["updates"]) == [2, 4, 5, 6, 7]
    assert page["cursor"] == page["updates"][-1]["seq"]
    assert [each["seq"] for each in page["updates"]] == sorted(each["seq"] for each in page["updates"])


async def test_an_expired_cursor_is_gone_and_the_answer_says_what_is_left(
    url: str, teacher: str, database: Database
) -> None:
    async with replica(url) as ras:
        await ras.tell(ready(teacher, 1), ready(teacher, 2))
        purged = (await ras.poll(teacher))["cursor"]
        assert await UPDATES.older_than(PURGE_ALL, database) >= 2
        assert await ras.poll(teacher) == {"updates": [], "cursor": purged}
        await ras.tell(ready(teacher, 3))
        await is_gone(ras, teacher, after=purged - 1, oldest=purged)
        assert numbers((await ras.poll(teacher, after=purged))["updates"]) == [3]


async def test_a_cursor_that_nobody_gave_is_gone_too(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        await ras.tell(ready(teacher, 1))
        last = (await ras.poll(teacher))["cursor"]
        assert await ras.poll(teacher, after=last) == {"updates": [], "cursor": last}
        await is_gone(ras, teacher, after=last + 1, oldest=0)
        await is_gone(ras, teacher, after=10**18 - 1, oldest=0)


async def is_gone(ras: Replica, user_id: str, after: int, oldest: int) -> None:
    answer = await ras.get(user_id, after=after, wait=25)
    assert answer.status_code == 410
    assert answer.json() == {
        "error": {
            "code": "GONE",
            "message": "What followed this cursor is not there any more; start again without one.",
            "correlation_id": answer.headers["X-Correlation-ID"],
        },
        "oldest": oldest,
    }


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({"after": "-1"}, ["after"]),
        ({"after": ""}, ["after"]),
        ({"after": "1.0"}, ["after"]),
        ({"after": "9" * 19}, ["after"]),
        ({"after": "٣"}, ["after"]),
        ({"after": 0, "wait": 26}, ["wait"]),
        ({"wait": "x"}, ["wait"]),
        ({"after": "x", "wait": -1}, ["after", "wait"]),
    ],
)
async def test_every_malformed_parameter_is_named(
    url: str, teacher: str, params: dict[str, Any], fields: list[str]
) -> None:
    async with replica(url) as ras:
        answer = await ras.get(teacher, **params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert [each["field"] for each in answer.json()["error"]["fields"]] == fields


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Internal-API-Key": "wrong"}, 401),
        ({"X-User-ID": OTHER}, 404),
        ({"X-User-ID": "teacher"}, 200),
        ({}, 200),
    ],
)
async def test_only_a_service_on_behalf_of_the_teacher_may_ask(url: str, headers: dict[str, str], code: int) -> None:
    async with replica(url) as ras:
        answer = await ras.client.get("/internal/v1/users/teacher/updates", headers=headers)
        assert answer.status_code == code
        malformed = await ras.client.get("/internal/v1/users/l%C3%A4rare/updates?after=x")
        assert malformed.status_code == 404
