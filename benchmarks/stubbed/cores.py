"""Which cores a process may run on. What is measured has one of its own where there are two."""

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cores:
    """Empty where there is nothing to choose: on one core, or where the system has no such call."""

    measured: Set[int] = frozenset()
    others: Set[int] = frozenset()

    @classmethod
    def found(cls) -> Self:
        first, *rest = sorted(_allowed()) or [0]
        return cls(frozenset({first}), frozenset(rest)) if rest else cls()

    @property
    def told(self) -> str:
        if not self.measured:
            return "not pinned: there is one core, or no choice"
        return f"what is measured on core {min(self.measured)}, all else on the other{'s' * (len(self.others) > 1)}"


def _allowed() -> Set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else frozenset()


@contextmanager
def on(cores: Set[int]) -> Iterator[None]:
    """Processes that are started meanwhile stay there."""
    before = _allowed()
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, before)
