"""The polls that wait in this process. They hold neither a connection nor a lock, only an event each."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kit.db import Database
from kit.updates.reading import UpdatePage, current_cursor, page_after
from kit.updates.writing import Updates

# A change is seldom alone: those that follow within this time come in the same answer.
LINGER_SECONDS = 0.03


@dataclass(eq=False, slots=True)
class Waiter:
    """`news` may be set for nothing, so whoever waits for it looks again. `gone`: nobody waits for the answer."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    gone: bool = False

    def leave(self) -> None:
        self.gone = True
        self.news.set()


class Feed:
    def __init__(self, database: Database, updates: Updates, reads: int) -> None:
        """`reads` at once, of the polls' own connections: here waiting for one costs less than in the pool."""
        self.updates = updates
        self._database = database
        self._waiters: dict[str, set[Waiter]] = {}
        self._reads = asyncio.Semaphore(reads)
        self._draining = False

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiters.values()))

    def wake(self, user_id: str) -> None:
        for waiter in self._waiters.get(user_id, ()):
            waiter.news.set()

    def wake_all(self) -> None:
        for user_id in self._waiters:
            self.wake(user_id)

    def drain(self) -> None:
        """Polls that wait end now with an empty page, and later ones do not wait."""
        self._draining = True
        self.wake_all()

    @contextmanager
    def waiter(self, user_id: str) -> Iterator[Waiter]:
        """Woken by what is committed from here on."""
        waiter = Waiter()
        self._waiters.setdefault(user_id, set()).add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[user_id].discard(waiter)
            if not self._waiters[user_id]:
                del self._waiters[user_id]

    async def start(self, user_id: str) -> UpdatePage:
        async with self._reads, self._database.read() as connection:
            return UpdatePage([], await current_cursor(connection, user_id))

    async def poll(self, waiter: Waiter, user_id: str, after: int, wait: float) -> UpdatePage:
        """`wait` is in seconds. `waiter` was made before, so that nothing falls between the look and the wait.

        Raises CursorGoneError.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        page = await self._read(user_id, after)
        while not page.updates and await self._woken(waiter, until):
            await asyncio.sleep(LINGER_SECONDS)
            waiter.news.clear()
            page = await self._read(user_id, after)
        return page

    async def _woken(self, waiter: Waiter, until: float) -> bool:
        """False when the wait is over without news."""
        if not self._draining and not waiter.gone:
            try:
                async with asyncio.timeout_at(until):
                    await waiter.news.wait()
            except TimeoutError:
                return False
        return not self._draining and not waiter.gone

    async def _read(self, user_id: str, after: int) -> UpdatePage:
        async with self._reads, self._database.read() as connection:
            return await page_after(connection, self.updates, user_id, after)
