"""Deliveries to one subscriber, from all lanes that we own, in as large lists as go at once."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from kit.events import metrics
from kit.events.backoff import Backoff, waited
from kit.events.ledger import ZERO, Ledger
from kit.events.transport import Destination, Outcome, Row

log = structlog.get_logger("events")
MAX_BYTES = 4 * 1024 * 1024
# The brackets of the list; its commas are counted with the rows.
_ROOM = MAX_BYTES - 2


@dataclass(frozen=True, slots=True)
class Pace:
    """`tries` counts refusals for good; the rest is in rows and seconds."""

    at_most: int
    tries: int
    poll: float
    backoff: Backoff


class Delivery:
    """`busy` has the lanes of which something is under way."""

    def __init__(
        self,
        subscriber: str,
        destination: Destination,
        ledger: Ledger,
        lanes: Callable[[], frozenset[int]],
        *,
        pace: Pace,
        stopping: asyncio.Event,
    ) -> None:
        self.subscriber = subscriber
        self.busy: frozenset[int] = frozenset()
        self._destination = destination
        self._ledger = ledger
        self._lanes = lanes
        self._pace = pace
        self._stopping = stopping
        self._news = asyncio.Event()
        self._failures = 0
        self._retry_after = 0.0
        self._at_most = pace.at_most
        # Of this round through the lanes, where the next look begins; a lane that was seen to its end is not in it.
        self._starts: dict[int, UUID] = {}
        # Refused rows by position, until when (of the monotonic clock) they wait for their next try.
        self._waiting: dict[int, float] = {}

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                rows = await self._next()
                if rows:
                    await self._deliver(rows)
            finally:
                self.busy = frozenset()
            if not rows:
                await self._rest()
            elif self._failures:
                await self._back_off()

    async def _next(self) -> list[Row]:
        """Round after round, so that every aggregate has its turn; nothing when a whole round finds nothing."""
        begun = False
        while True:
            lanes = self._lanes()
            self._starts = {lane: start for lane, start in self._starts.items() if lane in lanes}
            if not self._starts:
                if begun or not lanes:
                    return []
                begun, self._starts = True, dict.fromkeys(sorted(lanes), ZERO)
            self.busy = frozenset(self._starts)
            look = await self._ledger.look(self.subscriber, self._starts, self._at_most, _ROOM)
            self._starts = look.starts
            now = time.monotonic()
            rows = [row for row in look.rows if self._waiting.get(row.position, 0) <= now]
            if rows:
                self.busy = frozenset(row.lane for row in rows)
                return rows

    async def _deliver(self, rows: Sequence[Row]) -> None:
        """A row that was refused goes alone, or it would split every list that it is in."""
        fresh = [row for row in rows if not row.attempts]
        for group in [*([fresh] if fresh else []), *([row] for row in rows if row.attempts)]:
            if self._stopping.is_set():
                return
            outcome = await self._destination.send(group)
            await self._record(group, outcome)
            if outcome.away is not None:
                return

    async def _record(self, group: Sequence[Row], outcome: Outcome) -> None:
        if outcome.delivered:
            await self._ledger.delivered(self.subscriber, outcome.delivered)
            metrics.DELIVERIES.labels(self.subscriber, "delivered").inc(len(outcome.delivered))
            for position in outcome.delivered:
                self._waiting.pop(position, None)
        for row in group:
            if row.position in outcome.refused:
                await self._refused(row, outcome.refused[row.position])
        self._resize(outcome)
        if outcome.away is None:
            self._failures, self._retry_after = 0, 0.0
        else:
            await self._away(group, outcome)

    async def _refused(self, row: Row, reason: str) -> None:
        parked = await self._ledger.refused(self.subscriber, row.position, reason, self._pace.tries)
        metrics.DELIVERIES.labels(self.subscriber, "parked" if parked else "refused").inc()
        log.error(
            "event parked" if parked else "event refused",
            subscriber=self.subscriber,
            position=row.position,
            type=row.event_type,
            reason=reason,
            correlation_id=row.correlation_id,
        )
        if parked:
            self._waiting.pop(row.position, None)
        else:
            self._waiting[row.position] = time.monotonic() + self._pace.backoff.after(row.attempts + 1)

    def _resize(self, outcome: Outcome) -> None:
        """A list that is too much at once would be too much again."""
        if outcome.too_much or outcome.away is not None:
            self._at_most = max(1, self._at_most // 2)
        else:
            self._at_most = min(self._pace.at_most, self._at_most * 2)

    async def _away(self, group: Sequence[Row], outcome: Outcome) -> None:
        assert outcome.away is not None
        self._failures += 1
        self._retry_after = outcome.retry_after
        settled = {*outcome.delivered, *outcome.refused}
        first = next((row for row in group if row.position not in settled), group[0])
        await self._ledger.failed(self.subscriber, first.position, outcome.away)
        metrics.AWAY.labels(self.subscriber).inc()
        log.warning(
            "subscriber away", subscriber=self.subscriber, reason=outcome.away, failures=self._failures, rows=len(group)
        )

    async def _back_off(self) -> None:
        seconds = max(self._pace.backoff.after(self._failures), self._retry_after)
        await waited(self._stopping, seconds)

    async def _rest(self) -> None:
        """Until there is news, a refused row is due, or long enough to look without being told."""
        now = time.monotonic()
        self._waiting = {position: due for position, due in self._waiting.items() if due > now}
        due = min(self._waiting.values(), default=now + self._pace.poll)
        await waited(self._news, min(self._pace.poll, due - now))
