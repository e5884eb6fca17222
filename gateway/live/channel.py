"""One teacher's updates of one service: a single poll that waits, for however many follow."""

import asyncio
import random
from collections.abc import Callable
from functools import partial

import structlog

from gateway.live.inbox import Inbox
from gateway.live.source import WAIT_SECONDS, Page, Source, Update, persistently

log = structlog.get_logger("live")

PAGE = 100
"""Most updates that a service answers at once."""
PAUSE_SECONDS = 0.5
"""Between polls that do not wait although they should: the service is about to stop."""


class Channel:
    """It starts at the service's cursor of that moment; whoever was told less catches up before joining."""

    def __init__(self, source: Source, user_id: str) -> None:
        self.source = source
        self.user_id = user_id
        self.position = 0
        self.members: set[Member] = set()
        self.begun = asyncio.Event()
        """There is a position, or a failure."""
        self.failure: Exception | None = None

    async def run(self) -> None:
        """Until cancelled, or until the service says that nothing more can follow."""
        try:
            self.position = await persistently(partial(self.source.start, self.user_id))
            self.begun.set()
            while True:
                await self._poll()
        except Exception as failure:  # noqa: BLE001  whatever it was, nobody else would tell those who wait
            self._end(failure)

    async def _poll(self) -> None:
        begun = asyncio.get_running_loop().time()
        page = await persistently(partial(self.source.news, self.user_id, self.position))
        self.position = page.cursor
        for member in list(self.members):
            member.hear(page)
        if not page.updates and asyncio.get_running_loop().time() - begun < WAIT_SECONDS / 2:
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.5, 1))  # noqa: S311  spreads, hides nothing

    def _end(self, failure: Exception) -> None:
        self.failure = failure
        self.begun.set()
        for member in self.members:
            member.inbox.fail(failure)


class Member:
    """One subscriber's part in a channel: first behind it, then with it, and behind again when the inbox is full."""

    def __init__(self, channel: Channel, inbox: Inbox, after: int | None, wanted: Callable[[Update], bool]) -> None:
        self.channel = channel
        self.inbox = inbox
        self.start = self.position = after
        """All up to the position is in the inbox, or was; None before it is known where to start."""
        self.known = asyncio.Event()
        """Where it starts, or that it cannot."""
        self._wanted = wanted
        self._behind = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. A failure ends the inbox."""
        try:
            await self.channel.begun.wait()
            if self.position is None and not self.channel.failure:
                self.start = self.position = self.channel.position
            self.known.set()
            while True:
                await self._catch_up()
                self.channel.members.add(self)
                await self._behind.wait()
                self._behind.clear()
        except Exception as failure:  # noqa: BLE001  whatever it was, nobody else would tell the subscriber
            self.inbox.fail(failure)
            self.known.set()

    def hear(self, page: Page) -> None:
        """What all members are told. Who has no room for it reads it again when there is."""
        if self.inbox.has_room(len(page.updates)):
            self._take(page)
        else:
            self.inbox.slowness.overflows += 1
            self.channel.members.discard(self)
            self._behind.set()

    def leave(self) -> None:
        self.channel.members.discard(self)

    async def _catch_up(self) -> None:
        """By polls that do not wait. At its end nothing is awaited, so that the channel cannot go on meanwhile.

        A position that is not the channel's own is always shown to the service, which knows if it has expired.
        """
        while self._apart():
            await self.inbox.room(PAGE)
            assert self.position is not None
            page = await persistently(partial(self.channel.source.page, self.channel.user_id, self.position))
            stuck = page.cursor == self.position
            self._take(page)
            if self.position >= self.channel.position:
                return
            if stuck:
                await asyncio.sleep(PAUSE_SECONDS)

    def _apart(self) -> bool:
        """Raises the channel's failure: nothing more can be heard there."""
        if self.channel.failure:
            raise self.channel.failure
        return self.position != self.channel.position

    def _take(self, page: Page) -> None:
        assert self.position is not None
        for update in page.updates:
            if update.seq > self.position and self._wanted(update):
                self.inbox.put(update)
        self.position = max(self.position, page.cursor)
