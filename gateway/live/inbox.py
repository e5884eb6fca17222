"""What one subscriber has not yet been told. Bounded, since a reader may be slower than its news."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from gateway.live.payloads import subject
from gateway.live.source import Update


@dataclass(slots=True)
class Slowness:
    """Of all readers. `overflows`: had no room for a page, which is read again for them later. `replaced`: updates that
    a newer one of the same thing made needless."""

    overflows: int = 0
    replaced: int = 0


class Inbox:
    """Of what repeats a state only the newest is kept, and stands where it came."""

    def __init__(self, limit: int, slowness: Slowness | None = None) -> None:
        self.limit = limit
        self.slowness = slowness or Slowness()
        self.waiting: Counter[str] = Counter()
        """By service."""
        self._updates: OrderedDict[Hashable, Update] = OrderedDict()
        self._news, self._taken = asyncio.Event(), asyncio.Event()
        self._failure: Exception | None = None

    def has_room(self, n: int) -> bool:
        return len(self._updates) + n <= self.limit

    async def room(self, n: int) -> None:
        while not self.has_room(n):
            self._taken.clear()
            await self._taken.wait()

    def put(self, update: Update) -> None:
        repeated = subject(update.payload)
        key = (update.service, update.seq) if repeated is None else repeated
        replaced = self._updates.pop(key, None)
        self._updates[key] = update
        if replaced:
            self.slowness.replaced += 1
        else:
            self.waiting[update.service] += 1
        self._news.set()

    def fail(self, failure: Exception) -> None:
        """Ends it, after what is there."""
        self._failure = self._failure or failure
        self._news.set()

    async def take(self) -> Update:
        """Raises what it failed with."""
        while not self._updates:
            if self._failure:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        _, update = self._updates.popitem(last=False)
        self.waiting[update.service] -= 1
        self._taken.set()
        return update
