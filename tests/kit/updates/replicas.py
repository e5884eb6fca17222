"""Replicas of a service on one database, and what is told to its teachers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from kit.app import create_app
from kit.auth import InternalCredentials
from kit.background import background
from kit.db import Database
from kit.drain import Drain
from kit.listener import Listener
from kit.updates import Update, Updates
from kit.updates.feed import Feed
from kit.updates.running import live_updates, update_routes
from ras_service.contract import UpdateType
from ras_service.settings import RasSettings
from tests.support.apps import INTERNAL, KEY, UNUSED_URL, StatefulTransport

STATUS = UpdateType.BATCH_STATUS_UPDATED
READY = UpdateType.BATCH_RESULTS_READY


def settings_for(url: str = UNUSED_URL, **changes: Any) -> RasSettings:
    values: dict[str, Any] = {"internal_api_key": SecretStr(KEY), "database_url": url, "database_pool_size": 20}
    return RasSettings(**values | changes)


def ready(user_id: str, n: int) -> Update:
    """One of those that are all told."""
    return Update(user_id, READY, {"n": n})


def status(user_id: str, batch_id: str, n: int) -> Update:
    """One of those that a later one of the batch replaces."""
    return Update(user_id, STATUS, {"batch_id": batch_id, "n": n})


@dataclass
class Replica:
    app: Starlette
    client: httpx.AsyncClient
    database: Database
    polls: Database
    feed: Feed
    updates: Updates

    @property
    def drain(self) -> Drain:
        found: Drain = self.app.state.drain
        return found

    async def tell(self, *updates: Update) -> None:
        async with self.database.write() as connection:
            await self.updates.tell(connection, *updates)

    async def poll(self, user_id: str, after: int | None = None, wait: int = 0) -> dict[str, Any]:
        """The page of an answer that is one."""
        answer = await self.get(user_id, after=after, wait=wait)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def get(self, user_id: str, **params: Any) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        return await self.client.get(f"/internal/v1/users/{user_id}/updates", params=given, timeout=60)


def an_app(settings: RasSettings, database: Database, polls: Database, updates: Updates) -> Starlette:
    """A service's live updates and nothing beside them, so that what they cost can be counted."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        listener = Listener(settings.database_url)
        async with (
            live_updates(settings, database, updates, listener, app.state.drain, polls=polls) as feed,
            background(listener.run()),
        ):
            app.state.feed = feed
            yield {"database": database, "feed": feed}

    guard = Middleware(InternalCredentials, key=KEY, services=["gateway"])
    return create_app(
        [Mount("/internal/v1", routes=update_routes(), middleware=[guard])],
        lifespan=lifespan,
        budget=settings.request_timeout_seconds,
        max_body=settings.max_body_bytes,
    )


@asynccontextmanager
async def replica(url: str, **changes: Any) -> AsyncIterator[Replica]:
    """It listens when the block begins, and does no more when the next one does."""
    settings = settings_for(url, **changes)
    database, updates = Database.open(settings), Updates(newest_by={STATUS: "batch_id"})
    polls = Database.open(settings, connections=settings.poll_pool_size)
    app = an_app(settings, database, polls, updates)
    before = len(await listeners(database))
    try:
        async with app.router.lifespan_context(app) as state:
            transport = StatefulTransport(app, state or {})
            async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=INTERNAL) as client:
                await listening(database, before + 1)
                yield Replica(app, client, database, polls, app.state.feed, updates)
        await listening(database, before)
    finally:
        await polls.close()
        await database.close()


async def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for happens in the code under test
            await asyncio.sleep(0.005)


async def listeners(database: Database) -> set[int]:
    """The server's processes of the connections that listen."""
    found = text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'listener'"
        " AND state = 'idle' AND query LIKE 'LISTEN%'"
    )
    async with database.read() as connection:
        return set(await connection.scalars(found))


async def listening(database: Database, replicas: int) -> set[int]:
    """When so many replicas listen."""
    async with asyncio.timeout(5):
        while len(found := await listeners(database)) != replicas:  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.01)
    return found


def numbers(updates: Iterable[dict[str, Any]]) -> list[int]:
    return [each["payload"]["n"] for each in updates]
