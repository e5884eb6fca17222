"""The moment between being told to stop and stopping, for what waits and need not."""

from collections.abc import Callable


class Drain:
    def __init__(self) -> None:
        self.begun = False
        self._told: list[Callable[[], None]] = []

    def on_begin(self, told: Callable[[], None]) -> None:
        self._told.append(told)

    def begin(self) -> None:
        self.begun = True
        for told in self._told:
            told()
