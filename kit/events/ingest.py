"""Events in, from whichever transport: each takes effect once, or is a dead letter, or is left for another time."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import Database
from kit.errors import DeadlineError, UnavailableError
from kit.events import metrics
from kit.events.backoff import Backoff
from kit.events.dead_letters import Dead, bury
from kit.events.handling import Handlers, Unprocessable
from kit.events.reading import Incoming, Reader
from kit.updates import Update, Updates

log = structlog.get_logger("events")
_TRIES = 5
_AFTER_LOSING = Backoff(first=0.02, longest=0.2)


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """`index` is the event's place in the list."""

    index: int
    event_id: UUID | None
    reason: str


@dataclass(slots=True)
class Ingested:
    """`accepted` includes events of types that nobody here handles."""

    accepted: int
    duplicates: int
    dead: list[DeadEvent]


# In order of the ids, so that two lists that share events wait for each other and never deadlock.
_RECORD = text("""
    INSERT INTO processed_events (event_id, event_type)
    SELECT event_id, event_type
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS given (event_id, event_type)
    ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
""")

_FORGET = text("DELETE FROM processed_events WHERE event_id = ANY(CAST(:ids AS uuid[]))")


@dataclass(slots=True)
class _Effects:
    duplicates: list[Incoming] = field(default_factory=list)
    dead: dict[int, Dead] = field(default_factory=dict)

    def add(self, other: "_Effects") -> None:
        self.duplicates += other.duplicates
        self.dead |= other.dead


class Ingest:
    """`updates` tells what the handlers answer."""

    def __init__(self, database: Database, handlers: Handlers, updates: Updates | None = None) -> None:
        self._database = database
        self._handlers = handlers
        self._updates = updates or Updates()
        self._reader = Reader({event_type: each.data for event_type, each in handlers.items()})

    async def process(self, bodies: Sequence[bytes], headers: Sequence[Mapping[str, str]] | None = None) -> Ingested:
        """When it answers, all of it is committed. Raises UnavailableError when that is not possible at the moment.

        What was committed by then is a duplicate the next time. `headers`: see `bury`.
        """
        found = [self._reader.read(index, body) for index, body in enumerate(bodies)]
        known = [each for each in found if isinstance(each, Incoming)]
        effects = _Effects(dead={index: each for index, each in enumerate(found) if isinstance(each, Dead)})
        for together in self._together(known):
            await self._apply(together, effects)
        places = sorted(effects.dead)
        if places:
            async with self._database.write() as connection:
                of_dead = [headers[index] for index in places] if headers else None
                await bury(connection, [effects.dead[index] for index in places], of_dead)
        self._count(known, effects, ignored=sum(each is None for each in found))
        told = [DeadEvent(index, effects.dead[index].event_id, effects.dead[index].reason) for index in places]
        return Ingested(len(bodies) - len(effects.duplicates) - len(told), len(effects.duplicates), told)

    async def bury(self, dead: Sequence[Dead], headers: Sequence[Mapping[str, str]]) -> None:
        """What a transport has got and cannot even give to `process`."""
        if dead:
            async with self._database.write() as connection:
                await bury(connection, dead, headers)
            self._count_dead(dead)

    def _together(self, events: Sequence[Incoming]) -> list[list[Incoming]]:
        """What goes in one transaction, in the order given."""
        groups: list[list[Incoming]] = []
        open_to_more = False
        for event in events:
            alone = self._handlers[event.envelope.event_type].alone
            if open_to_more and not alone:
                groups[-1].append(event)
            else:
                groups.append([event])
            open_to_more = not alone
        return groups

    async def _apply(self, events: Sequence[Incoming], effects: _Effects) -> None:
        """All in one transaction; when that fails in halves, until the event that it fails for is alone."""
        if not events:
            return
        try:
            committed = await self._committed(events)
        except (UnavailableError, DeadlineError) as error:
            raise UnavailableError("Events cannot be processed at the moment.") from error
        except Exception as error:  # a bug in a handler must not hold back other events
            if len(events) > 1:
                half = len(events) // 2
                await self._apply(events[:half], effects)
                await self._apply(events[half:], effects)
            elif _lost_a_race(error):
                raise UnavailableError("Other transactions are in the way.") from error
            else:
                effects.dead[events[0].index] = _dead(events[0], error)
        else:
            effects.add(committed)
            _time(events, committed)

    async def _committed(self, events: Sequence[Incoming]) -> _Effects:
        """Who loses a deadlock tries again; a list soon goes in smaller transactions."""
        tries = _TRIES if len(events) == 1 else 1
        for attempt in range(1, tries + 1):
            try:
                async with self._database.write() as connection:
                    return await self._transact(connection, events)
            except DBAPIError as error:
                if attempt == tries or not _lost_a_race(error):
                    raise
                await asyncio.sleep(_AFTER_LOSING.after(attempt))
        raise AssertionError("the last try returns or raises")

    async def _transact(self, connection: AsyncConnection, events: Sequence[Incoming]) -> _Effects:
        new, duplicates = await _recorded(connection, events)
        updates: list[Update] = []
        refused: dict[UUID, str] = {}
        for handle, group in groupby(new, lambda each: self._handlers[each.envelope.event_type].handle):
            handled = await handle(connection, list(group))
            updates.extend(handled.updates)
            refused.update(handled.refused)
        await forget(connection, list(refused))
        await self._updates.tell(connection, *updates)
        dead = [each for each in new if each.envelope.event_id in refused]
        return _Effects(duplicates, {each.index: _letter(each, refused[each.envelope.event_id]) for each in dead})

    def _count(self, known: Sequence[Incoming], effects: _Effects, ignored: int) -> None:
        outcomes = {each.index: "accepted" for each in known}
        outcomes |= {each.index: "duplicate" for each in effects.duplicates}
        for each in known:
            if each.index not in effects.dead:
                metrics.INGESTED.labels(each.envelope.event_type, outcomes[each.index]).inc()
        self._count_dead(effects.dead.values())
        if ignored:
            metrics.INGESTED.labels("unknown", "ignored").inc(ignored)

    def _count_dead(self, letters: Iterable[Dead]) -> None:
        for dead in letters:
            handled = dead.event_type in self._handlers
            metrics.INGESTED.labels(dead.event_type if handled else "unknown", "dead").inc()
            log.error("dead letter", event_id=str(dead.event_id), type=dead.event_type, reason=dead.reason)


async def _recorded(connection: AsyncConnection, events: Sequence[Incoming]) -> tuple[list[Incoming], list[Incoming]]:
    """Those that are new, and the duplicates."""
    envelopes = [each.envelope for each in events]
    given = {"ids": [each.event_id for each in envelopes], "types": [each.event_type for each in envelopes]}
    left = set((await connection.execute(_RECORD, given)).scalars())
    new, duplicates = [], []
    for event in events:
        if event.envelope.event_id in left:
            left.remove(event.envelope.event_id)
            new.append(event)
        else:
            duplicates.append(event)
    return new, duplicates


async def forget(connection: AsyncConnection, event_ids: Sequence[UUID]) -> None:
    """They may come again, and are new then."""
    if event_ids:
        await connection.execute(_FORGET, {"ids": event_ids})


def _time(events: Sequence[Incoming], committed: _Effects) -> None:
    """How late those are that took effect just now; a producer's clock may be ahead of ours."""
    now, others = datetime.now(UTC), {*committed.dead, *(each.index for each in committed.duplicates)}
    for envelope in (each.envelope for each in events if each.index not in others):
        seconds = (now - envelope.event_timestamp).total_seconds()
        metrics.INGEST_LAG.labels(envelope.event_type).observe(max(seconds, 0))


def _lost_a_race(error: Exception) -> bool:
    """A deadlock, or a conflict of serializable transactions."""
    return isinstance(error, DBAPIError) and (getattr(error.orig, "sqlstate", None) or "").startswith("40")


def _dead(event: Incoming, error: Exception) -> Dead:
    if isinstance(error, Unprocessable):
        reason = str(error)
    else:
        log.error("handler failed", type=event.envelope.event_type, exc_info=error)
        reason = f"handler failed: {type(error).__name__}"
    return _letter(event, reason)


def _letter(event: Incoming, reason: str) -> Dead:
    return Dead(event.envelope.event_id, event.envelope.event_type, reason, event.body)
