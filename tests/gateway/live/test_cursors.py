"""Where a subscription starts: now, or after a cursor, as long as that can be."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from cms_service import contract as cms
from tests.gateway.live.peers import events, signed_in
from tests.gateway.live.system import Gateway, System, Teacher, until
from tests.gateway.live.test_updates import COUNTS, DEADLINE, TYPES, told


async def test_null_starts_now(system: System, gateway: Gateway, teacher: Teacher) -> None:
    await teacher.a_class("before")
    await teacher.status(await teacher.a_batch(), 1)
    for after in ({}, {"after": None}):
        async with signed_in(gateway.url, teacher.user_id) as peer:
            await peer.subscribe("1", TYPES, **after)
            await system.followed()
            required = {"batch_id": uuid4(), "pending": 1, "deadline": DEADLINE}
            await teacher.tell((cms.UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED, required))
            assert (await told(peer))["type"] == "STUDENT_MATCHING_CONFIRMATION_REQUIRED"
        await system.followed(0)


async def test_a_cursor_goes_on_after_its_update_in_both_services(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    """Each update of a run that is broken off after each of them, once."""
    names, batches = [f"class {n}" for n in range(4)], [await teacher.a_batch() for _ in range(4)]
    query = "subscription ($after: String) { teacherUpdates(after: $after) { cursor at type batch { batchId } } }"
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", query)
        await system.followed()
        await teacher.a_class("the first")
        after = (await told(peer))["cursor"]
    for name, batch_id in zip(names, batches, strict=True):
        await teacher.a_class(name)
        await teacher.status(batch_id, 1)
    heard = []
    for _ in range(8):
        async with events(gateway.url, teacher.user_id, query, after=after) as stream:
            update = (await stream.next())["teacherUpdates"]
            heard.append(update["batch"]["batchId"] if update["batch"] else update["type"])
            after = update["cursor"]
    assert [each for each in heard if each == "CLASS_CREATED"] == ["CLASS_CREATED"] * 4
    assert [each for each in heard if each != "CLASS_CREATED"] == [str(each) for each in batches]


async def test_what_was_passed_over_is_not_shown_to_the_service_again(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    """The cursor of a batch's update has passed CMS's updates before it, so that it does not expire for them."""
    batch_id = await teacher.a_batch()
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", COUNTS, id=str(batch_id))
        await system.followed()
        for n in range(2):
            before = gateway.position("cms", teacher)
            await teacher.a_class("passed over")
            await until(lambda: gateway.position("cms", teacher) > before)  # noqa: B023  awaited here
            await teacher.status(batch_id, n)
            after = (await told(peer))["cursor"]
    async with events(gateway.url, teacher.user_id, TYPES, after=after) as stream:
        await teacher.a_class("new")
        assert (await stream.next())["teacherUpdates"]["type"] == "CLASS_CREATED"
        await teacher.status(batch_id, 5)
        assert (await stream.next())["teacherUpdates"]["type"] == "BATCH_STATUS_UPDATED"


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "after",
    ["", "x", "é", cursor_of([1]), cursor_of([1, 2, 3]), cursor_of(["a", "b"]), cursor_of([-1, 0]),
     cursor_of([10**18, 0]), cursor_of([1.5, 0]), cursor_of({"cms": 1}), "x" * 20_000],
    ids=range(11),
)  # fmt: skip
async def test_what_is_no_cursor_is_refused(gateway: Gateway, after: str) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.subscribe("1", TYPES, after=after)
        error = await peer.error()
        assert error["extensions"]["code"] == "VALIDATION_ERROR"
        assert (error["message"], error["path"]) == (
            "after must be a cursor that a subscription gave",
            ["teacherUpdates"],
        )


async def test_a_cursor_of_what_is_purged_has_expired(system: System, gateway: Gateway, teacher: Teacher) -> None:
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", TYPES)
        await system.followed()
        for _ in range(3):
            await teacher.a_class("old")
        after = [(await told(peer))["cursor"] for _ in range(3)]
        await teacher.forget()
        await peer.subscribe("expired", TYPES, after=after[0])
        error = await peer.error("expired")
        assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("CURSOR_EXPIRED", False)
        assert error["path"] == ["teacherUpdates"]
        await peer.subscribe("fresh", TYPES, after=after[2])
        await teacher.a_class("new")
        assert {(await peer.receive())["id"] for _ in range(2)} == {"1", "fresh"}


async def test_a_cursor_from_the_future_has_expired(system: System, gateway: Gateway, teacher: Teacher) -> None:
    """As one does after the database was made anew."""
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", TYPES)
        await system.followed()
        await peer.subscribe("2", TYPES, after=cursor_of([10**17, None]))
        assert (await peer.error("2"))["extensions"]["code"] == "CURSOR_EXPIRED"
