"""The moment between being told to stop and stopping, for what waits and need not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Drain:
    def __init__(self) -> None:
        self.begun = False
        self._told: list[Callable[[], None]] = []
        self._leaving: dict[object, Callable[[], None]] = {}

    @property
    def left(self) -> bool:
        """Nobody has to take leave any more."""
        return not self._leaving

    def on_begin(self, told: Callable[[], None]) -> None:
        self._told.append(told)

    @contextmanager
    def leaving(self, told: Callable[[], None]) -> Iterator[None]:
        """Told inside the block, of which the server waits for the end before it closes any connection."""
        key = object()
        self._leaving[key] = told
        try:
            if self.begun:
                told()
            yield
        finally:
            del self._leaving[key]

    def begin(self) -> None:
        self.begun = True
        for told in (*self._told, *self._leaving.values()):
            told()
