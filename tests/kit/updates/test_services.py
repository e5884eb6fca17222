"""Every service has live updates, with its own rules and its own database."""

import asyncio

import httpx
from sqlalchemy import text

from kit.db import Database
from kit.updates import Updates
from ras_service.app import create_app
from tests.kit.updates.replicas import listening, numbers, ready, settings_for, status
from tests.support.apps import INTERNAL, client

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'batch_counts'::regclass")
POLLS_WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'teacher_update_purges'::regclass")


async def test_ras_wakes_a_poll_and_tells_of_each_batch_the_newest_status(
    url: str, teacher: str, database: Database
) -> None:
    path, params = f"/internal/v1/users/{teacher}/updates", {"after": 0, "wait": 25}
    async with client(create_app(settings_for(url)), INTERNAL) as ras:
        await listening(database, 1)
        polling = asyncio.create_task(ras.get(path, params=params))
        await asyncio.sleep(0.1)
        async with database.write() as connection:
            await Updates().tell(
                connection, status(teacher, "a", 1), ready(teacher, 2), status(teacher, "a", 3), status(teacher, "b", 4)
            )
        async with asyncio.timeout(2):
            assert numbers((await polling).json()["updates"]) == [2, 3, 4]
    await listening(database, 0)


async def test_a_service_has_connections_for_polls_alone(url: str, teacher: str, database: Database) -> None:
    busy = settings_for(url, database_pool_size=1, database_max_overflow=0)
    async with client(create_app(busy), INTERNAL) as ras:
        async with database.write() as other:
            await other.execute(text("LOCK TABLE batch_results, batch_counts"))
            page = asyncio.create_task(ras.get(f"/internal/v1/batches/user/{teacher}"))
            while not await other.scalar(WAITING):  # noqa: ASYNC110  what is asked is the database
                await asyncio.sleep(0.01)
            told = await ras.get(f"/internal/v1/users/{teacher}/updates", params={"after": 0})
            assert (told.status_code, told.json(), page.done()) == (200, {"updates": [], "cursor": 0}, False)
        assert (await page).status_code == 200


async def test_polls_have_no_more_connections_than_the_setting_says(url: str, teacher: str, database: Database) -> None:
    path = f"/internal/v1/users/{teacher}/updates"
    async with client(create_app(settings_for(url, poll_pool_size=2)), INTERNAL) as ras:
        async with database.write() as other:
            await other.execute(text("LOCK TABLE teacher_update_purges"))
            polls = [asyncio.create_task(ras.get(path, params={"after": 0})) for _ in range(10)]
            while await other.scalar(POLLS_WAITING) < 2:  # noqa: ASYNC110  what is asked is the database
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert await other.scalar(POLLS_WAITING) == 2
        assert {answer.status_code for answer in await asyncio.gather(*polls)} == {200}


async def test_cms_has_them_too(cms: httpx.AsyncClient) -> None:
    answer = await cms.get("/internal/v1/users/teacher-1/updates", params={"after": 0})
    assert (answer.status_code, answer.json()) == (200, {"updates": [], "cursor": 0})
