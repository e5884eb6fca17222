"""Requests per teacher and second, as a bucket that fills again."""

import time
from collections.abc import Callable


class Rates:
    """`take` is how long to wait, or 0 when there was something in the bucket.

    A bucket is one number: when it will be full. Those that are full by now need not be known. So two generations are
    kept, each as long as an empty bucket takes to fill: what was not touched for two is full, whoever's it is.
    """

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._each = 1 / per_second
        self._fill = burst / per_second
        self._recent: dict[str, float] = {}
        self._older: dict[str, float] = {}
        self._next = clock() + self._fill

    def __len__(self) -> int:
        return len(self._recent) + len(self._older)

    def take(self, user_id: str) -> float:
        """Seconds."""
        now = self._clock()
        if now >= self._next:
            self._older = self._recent if now < self._next + self._fill else {}
            self._recent = {}
            self._next = now + self._fill
        full = self._recent.get(user_id) or self._older.get(user_id, now)
        full = max(now, full) + self._each
        # The sum of many small steps is not quite a whole number of them.
        if (wait := full - now - self._fill) > self._each / 1000:
            return wait
        self._recent[user_id] = full
        return 0
