"""What a service opens once, and what runs beside its requests."""

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

from starlette.applications import Starlette

from kit.background import background
from kit.db import Database
from kit.events.handling import Handlers
from kit.events.ingest import Ingest
from kit.events.purge import purging
from kit.events.running import events
from kit.listener import Listener
from kit.settings import ServiceSettings
from kit.updates import Updates
from kit.updates.feed import Feed
from kit.updates.running import live_updates


class State(TypedDict):
    database: Database
    feed: Feed
    ingest: Ingest


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`given` replaces the database of the settings, and is its giver's to close. The rest is as in `service_app`."""

    settings: ServiceSettings
    given: Database | None
    updates: Updates
    handlers: Handlers
    subscribers: Mapping[str, Sequence[str]]
    beside: Callable[[Database], Sequence[Coroutine[Any, Any, None]]]

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[State]:
        settings, listener = self.settings, Listener(self.settings.database_url)
        async with (
            self._databases() as (database, polls),
            app.state.statements.watched(database.engine, polls.engine),
            live_updates(settings, database, self.updates, listener, app.state.drain, polls=polls) as feed,
            events(settings, database, self.handlers, self.subscribers, listener, updates=self.updates) as ingest,
            background(listener.run(), purging(settings, database), *self.beside(database)),
        ):
            yield {"database": database, "feed": feed, "ingest": ingest}

    @asynccontextmanager
    async def _databases(self) -> AsyncIterator[tuple[Database, Database]]:
        """That of the requests, and that of the long polls, which must not take each other's connections."""
        if self.given:
            yield self.given, self.given
            return
        both = Database.open(self.settings), Database.open(self.settings, connections=self.settings.poll_pool_size)
        try:
            yield both
        finally:
            for each in both:
                await each.close()
