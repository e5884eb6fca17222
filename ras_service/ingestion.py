"""Events in: all that come together in one transaction, with as many statements for a thousand as for one."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import structlog

from kit.db import Connection
from kit.events.handling import Handled, Handler, Handlers, Unprocessable, on_behalf_of
from kit.events.reading import Incoming
from ras_service import announcements, pending
from ras_service.events import BatchEssaysRegistered
from ras_service.lifecycle import BatchState
from ras_service.projection import PROJECTIONS, settle, tally
from ras_service.queries import projecting
from ras_service.registration import register
from ras_service.work import Change, Work, begin

log = structlog.get_logger("ingestion")


def handlers() -> Handlers:
    return {event_type: Handler(data, take_in) for event_type, (data, _) in PROJECTIONS.items()}


async def take_in(connection: Connection, events: Sequence[Incoming]) -> Handled:
    """Raises Unprocessable when an essay has just been registered in another batch."""
    work = await begin(connection, events)
    refused = _register(work, events)
    taken = [each for each in events if each.envelope.event_id not in refused]
    await pending.keep(connection, [each for each in taken if each.data.batch_id not in work.batches])
    waited = await pending.replayed(connection, [each.row.batch_id for each in work.new])
    for event in (*taken, *waited):
        if event.data.batch_id in work.batches:
            work.project(event)
    await _store(connection, work)
    _compare(work)
    changes = list(work.changes())
    await projecting.count(connection, _moved(changes))
    await announcements.publish(connection, changes)
    return Handled(list(announcements.updates(changes)), refused)


def _register(work: Work, events: Sequence[Incoming]) -> dict[UUID, str]:
    """Answers the reasons of those that are refused, by event."""
    refused = {}
    for event in events:
        if isinstance(event.data, BatchEssaysRegistered):
            reason = register(work, event.envelope, event.data)
            if reason:
                refused[event.envelope.event_id] = reason
    return refused


async def _store(connection: Connection, work: Work) -> None:
    essays = work.changed_essays()
    if essays:
        await projecting.change_essays(connection, essays)
    if work.stored:
        for batch_id, found in (await projecting.tallies(connection, list(work.stored))).items():
            settle(work.batches[batch_id].row, found)
    if work.new:
        await _add(connection, work)
    rows = [each.after for each in work.changes() if each.before]
    if rows:
        await projecting.change_batches(connection, rows)


async def _add(connection: Connection, work: Work) -> None:
    for batch in work.new:
        settle(batch.row, tally(batch.essays.values()))
    await projecting.add_batches(connection, [batch.row for batch in work.new])
    essays = [essay for batch in work.new for essay in batch.essays.values()]
    if essays and await projecting.add_essays(connection, essays) < len(essays):
        raise Unprocessable("one of essay_ids is of another batch")


def _moved(changes: Sequence[Change]) -> Counter[tuple[str, BatchState]]:
    """From state to state, by user."""
    moved: Counter[tuple[str, BatchState]] = Counter()
    for before, after, _ in changes:
        moved[after.user_id, after.state] += 1
        if before:
            moved[before.user_id, before.state] -= 1
    return moved


def _compare(work: Work) -> None:
    """The pipeline counts for itself; ours is what is told."""
    for event in work.ends:
        row = work.batches[event.data.batch_id].row
        theirs = event.data.successful_essay_count, event.data.failed_essay_count
        ours = row.completed_essay_count, row.failed_essay_count
        if ours != theirs:
            with on_behalf_of(event.envelope):
                log.info("counts differ", batch_id=str(row.batch_id), ours=ours, theirs=theirs)
