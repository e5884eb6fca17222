"""One letter for each thing that cannot be processed, for as long as it may be of use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from kit.events.dead_letters import Dead, bury
from kit.events.purge import LETTERS, PROCESSED
from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.kit.events.outboxes import Outboxed, eventually
from tests.support.apps import KEY

BODIES = "SELECT body, reason FROM dead_letters ORDER BY id"
MONTH = timedelta(days=30)
OLDER = """
    UPDATE dead_letters SET created_at = now() - make_interval(days => CAST(convert_from(body, 'UTF8') AS int))
"""
PROCESSED_LIKEWISE = """
    INSERT INTO processed_events (event_id, event_type, processed_at)
    SELECT gen_random_uuid(), convert_from(body, 'UTF8'), created_at FROM dead_letters
"""


async def buried(outboxed: Outboxed, *dead: Dead) -> None:
    async with outboxed.database.write() as connection:
        await bury(connection, dead)


def letter(body: bytes, reason: str = "no", *, known: bool = False) -> Dead:
    return Dead(uuid4() if known else None, None, reason, body)


async def test_what_comes_again_has_one_letter_with_the_newest_reason(outboxed: Outboxed) -> None:
    known = letter(b"{}", "at first", known=True)
    await buried(outboxed, letter(b"\xff"), known, letter(b"\xff", "twice in one list"))
    again = Dead(known.event_id, None, "now", b"{}")
    await buried(outboxed, again, letter(b"\xff", "later"), letter(b"[]"))
    assert await outboxed.rows(BODIES) == [(b"\xff", "later"), (b"{}", "now"), (b"[]", "no")]


async def test_lists_that_share_letters_do_not_deadlock(outboxed: Outboxed) -> None:
    bodies = [b"%d" % n for n in range(200)]
    await buried(outboxed, *map(letter, bodies))
    lists = [[letter(body, f"reason {n}") for body in (bodies if n % 2 else bodies[::-1])] for n in range(6)]
    await asyncio.gather(*(buried(outboxed, *each) for each in lists))
    rows = await outboxed.rows(BODIES)
    assert [body for body, _ in rows] == bodies
    assert {reason for _, reason in rows} <= {f"reason {n}" for n in range(6)}


async def aged(outboxed: Outboxed) -> None:
    """Three letters and three processed events: of 31 days, 29 days and now."""
    await buried(outboxed, *(letter(b"%d" % days) for days in (31, 29, 0)))
    async with outboxed.database.write() as connection:
        await connection.exec_driver_sql(OLDER)
        await connection.exec_driver_sql(PROCESSED_LIKEWISE)


async def ages(outboxed: Outboxed) -> list[list[Any]]:
    letters = await outboxed.rows("SELECT convert_from(body, 'UTF8') FROM dead_letters ORDER BY id")
    events = await outboxed.rows("SELECT event_type FROM processed_events ORDER BY processed_at")
    return [[int(age) for (age,) in rows] for rows in (letters, events)]


@pytest.mark.parametrize("at_once", [1, 5000])
async def test_what_is_older_goes(outboxed: Outboxed, at_once: int) -> None:
    await aged(outboxed)
    assert await LETTERS.older_than(MONTH, outboxed.database, at_once) == 1
    assert await ages(outboxed) == [[29, 0], [31, 29, 0]]
    assert await PROCESSED.older_than(MONTH, outboxed.database, at_once) == 1
    assert await ages(outboxed) == [[29, 0], [29, 0]]
    assert await PROCESSED.older_than(timedelta(days=1), outboxed.database, at_once) == 1
    assert await LETTERS.older_than(MONTH, outboxed.database, at_once) == 0


@asynccontextmanager
async def service(url: str, **settings: Any) -> AsyncIterator[None]:
    app = create_app(RasSettings(internal_api_key=SecretStr(KEY), database_url=url, **settings))
    async with app.router.lifespan_context(app):
        yield


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({}, [[31, 29, 0], [29, 0]]),
        ({"processed_event_retention_days": 1, "dead_letter_retention_days": 30}, [[29, 0], [0]]),
    ],
)
async def test_a_service_purges_by_itself_what_its_settings_say(
    outboxed: Outboxed, settings: dict[str, float], left: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.events.purge._SECONDS", 0.05)
    await aged(outboxed)

    async def done() -> bool:
        return await ages(outboxed) == left

    async with service(outboxed.url, **settings):
        await eventually(done)
