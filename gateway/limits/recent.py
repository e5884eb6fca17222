"""What was used last, within a total weight."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """`capacity` is of the weights that values are put with; a heavier value is not kept at all."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.weight = 0
        self.hits = 0
        self.misses = 0
        self._kept: OrderedDict[str, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> V | None:
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: str, value: V, weight: int) -> None:
        """In place of what the key has."""
        if key in self._kept:
            self.weight -= self._kept.pop(key)[1]
        if weight > self.capacity:
            return
        self._kept[key] = value, weight
        self.weight += weight
        while self.weight > self.capacity:
            self.weight -= self._kept.popitem(last=False)[1][1]
