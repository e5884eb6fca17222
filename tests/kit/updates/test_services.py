"""Every service has live updates, with its own rules and its own database."""

import asyncio

import httpx

from kit.db import Database
from kit.updates import Updates
from ras_service.app import create_app
from tests.kit.updates.replicas import listening, numbers, ready, settings_for, status
from tests.support.apps import INTERNAL, client


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


async def test_cms_has_them_too(cms: httpx.AsyncClient) -> None:
    answer = await cms.get("/internal/v1/users/teacher-1/updates", params={"after": 0})
    assert (answer.status_code, answer.json()) == (200, {"updates": [], "cursor": 0})
