"""Which compiled plans stay: those used last, within a total of their fields."""

import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, Generic, TypeVar

MAX_FIELDS_KEPT = 10_000
"""Of all plans together; a field takes some 2 kB."""


K = TypeVar("K", bound=Hashable)
Owner = TypeVar("Owner")


class Kept(Generic[Owner, K]):
    """`drop` is called for what goes. What owns the plans is not kept alive, but counts until its turn comes."""

    def __init__(self, drop: Callable[[Owner, K], Any], capacity: int = MAX_FIELDS_KEPT) -> None:
        self._drop = drop
        self.capacity = capacity
        self.weight = 0
        self._numbers = count()
        self._entries: OrderedDict[int, tuple[weakref.ref[Owner], K, int]] = OrderedDict()

    def put(self, owner: Owner, key: K, weight: int) -> int:
        """A number to `touch` it by."""
        number = next(self._numbers)
        self._entries[number] = weakref.ref(owner), key, weight
        self.weight += weight
        while self.weight > self.capacity and len(self._entries) > 1:
            _, (found, its_key, its_weight) = self._entries.popitem(last=False)
            self.weight -= its_weight
            of = found()
            if of is not None:
                self._drop(of, its_key)
        return number

    def touch(self, number: int) -> None:
        self._entries.move_to_end(number)
