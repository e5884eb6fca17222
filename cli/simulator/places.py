"""How many batches are worked on at a time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    def __init__(self) -> None:
        self._taken = 0
        self._given_back = asyncio.Event()

    def take(self) -> None:
        self._taken += 1

    def give_back(self) -> None:
        self._taken -= 1
        self._given_back.set()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Others may have it meanwhile; it is there again at the end, even if that is one too many."""
        self.give_back()
        try:
            yield
        finally:
            self.take()

    async def fewer_than(self, most: int) -> None:
        """Returns when fewer than that are taken."""
        while self._taken >= most:
            self._given_back.clear()
            await self._given_back.wait()
