"""What the relay reads from the outbox and writes into it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.events import statements
from kit.events.session import Session
from kit.events.transport import Row

ZERO = UUID(int=0)
_LAST = UUID(int=2**128 - 1)
_ROUTED_AT_ONCE = 4096
_PURGED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """`rows` are the oldest of their aggregates; `starts` says where the next look into a lane begins."""

    rows: list[Row]
    starts: dict[int, UUID]


class Ledger:
    """`lanes` answers the lanes that are ours at the moment."""

    def __init__(self, session: Session, lanes: Callable[[], frozenset[int]], routes: Mapping[str, Sequence[str]]):
        self._session = session
        self._lanes = lanes
        pairs = [(kind, name) for kind, names in routes.items() for name in names]
        self._types = [kind for kind, _ in pairs]
        self._names = [name for _, name in pairs]

    async def route(self) -> tuple[bool, frozenset[str]]:
        """Turns new rows into deliveries. Answers whether there may be more, and whose deliveries are new."""
        async with self._session.turn:
            lanes = sorted(self._lanes())
            if not lanes:
                return False, frozenset()
            each = max(1, _ROUTED_AT_ONCE // len(lanes))
            [row] = await self._session.ask(statements.ROUTE, lanes, self._types, self._names, each)
        return row["fullest"] >= each, frozenset(row["subscribers"])

    async def adopt(self, lanes: frozenset[int]) -> None:
        """Of lanes that are new to us: what waits for a destination that is none any more is routed again."""
        await self._session.fetch(statements.ADOPT, list(lanes), list(set(self._names)))

    async def settle(self) -> None:
        """Marks what has all its deliveries, where two that finished at once each thought the other had not."""
        await self._session.fetch(statements.SETTLE, list(self._lanes()))

    async def look(self, subscriber: str, starts: Mapping[int, UUID], at_most: int, max_bytes: int) -> Look:
        """Parked rows are left out, and with them all that their aggregates hold back."""
        each = -(-at_most // len(starts))
        found = await self._session.fetch(
            statements.HEADS, subscriber, list(starts), list(starts.values()), each, max_bytes
        )
        taken = [head for head in found if head["body"] is not None]
        left: dict[int, UUID] = {}
        for lane, start in starts.items():
            own = [head["aggregate_id"] for head in taken if head["lane"] == lane]
            seen = sum(head["lane"] == lane for head in found)
            after = _next(own[-1]) if own else start
            if (seen > len(own) or seen >= each) and after is not None:
                left[lane] = after
        return Look([_row(head) for head in taken if not head["parked"]], left)

    async def delivered(self, subscriber: str, positions: Sequence[int]) -> None:
        await self._session.fetch(statements.DELIVERED, subscriber, positions)

    async def refused(self, subscriber: str, position: int, reason: str, tries: int) -> bool:
        """Answers whether the row is parked now."""
        rows = await self._session.fetch(statements.REFUSED, subscriber, position, reason, tries)
        return any(row["parked"] for row in rows)

    async def failed(self, subscriber: str, position: int, reason: str) -> None:
        """Counts for nothing; an operator who looks at the row sees why it waits."""
        await self._session.fetch(statements.FAILED, subscriber, position, reason)

    async def purge(self, age: timedelta) -> int:
        total = 0
        while True:  # each turn is short: deliveries wait for it
            [row] = await self._session.fetch(statements.PURGE, age, _PURGED_AT_ONCE)
            purged: int = row["purged"]
            total += purged
            if purged < _PURGED_AT_ONCE:
                return total


def _next(aggregate_id: UUID) -> UUID | None:
    return UUID(int=aggregate_id.int + 1) if aggregate_id != _LAST else None


def _row(head: Mapping[str, Any]) -> Row:
    return Row(
        position=head["position"],
        lane=head["lane"],
        aggregate_id=head["aggregate_id"],
        event_id=head["event_id"],
        event_type=head["event_type"],
        correlation_id=head["correlation_id"],
        body=head["body"].encode(),
        attempts=head["attempts"],
    )
