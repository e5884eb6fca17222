"""Live updates as a part of a service: its route, and what runs beside its requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import structlog
from starlette.routing import Route

from kit.background import background, every
from kit.db import Database
from kit.drain import Drain
from kit.listener import Listener
from kit.settings import ServiceSettings
from kit.updates.endpoint import user_updates
from kit.updates.feed import Feed
from kit.updates.notice import CHANNEL, Notice
from kit.updates.publisher import Publisher
from kit.updates.purge import UPDATES
from kit.updates.writing import Updates

log = structlog.get_logger("updates")
_PURGE_SECONDS = 600


def update_routes() -> list[Route]:
    return [Route("/users/{user_id}/updates", user_updates)]


@asynccontextmanager
async def live_updates(
    settings: ServiceSettings,
    database: Database,
    updates: Updates,
    listener: Listener,
    drain: Drain,
    *,
    polls: Database,
) -> AsyncIterator[Feed]:
    """`polls` is for reading what they answer. `listener` runs inside the block, as its giver's."""
    feed = Feed(polls, updates, settings.poll_pool_size)
    publisher = Publisher(settings.redis_url, database, updates.origin) if settings.redis_url else None

    def heard(payload: str) -> None:
        try:
            notice = Notice.parse(payload)
        except ValueError:
            log.warning("not a notice", payload=payload)
            return
        feed.wake(notice.user_id)
        if publisher:
            publisher.hear(notice)

    listener.on(CHANNEL, heard, feed.wake_all)
    drain.on_begin(feed.drain)
    age = timedelta(days=settings.update_retention_days)
    runs = [every(_PURGE_SECONDS, "purge of updates", partial(UPDATES.older_than, age, database))]
    runs += [publisher.run()] if publisher else []
    async with background(*runs):
        try:
            yield feed
        finally:
            feed.drain()
