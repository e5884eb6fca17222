"""Events of batches that are not registered yet wait until they are, or for so long."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from kit.db import Connection, Database
from kit.events.dead_letters import Dead, bury
from kit.events.ingest import forget
from kit.events.reading import Incoming, Reader
from ras_service.projection import PROJECTIONS
from ras_service.queries import pending as queries
from ras_service.queries.pending import Pending

log = structlog.get_logger("pending")
_READER = Reader({event_type: data for event_type, (data, _) in PROJECTIONS.items()})
_AT_ONCE = 500


async def keep(connection: Connection, events: Sequence[Incoming]) -> None:
    if events:
        waiting = [
            Pending(each.envelope.event_id, each.data.batch_id, each.envelope.event_type, each.body) for each in events
        ]
        await queries.keep(connection, waiting)


async def replayed(connection: Connection, batch_ids: Sequence[UUID]) -> list[Incoming]:
    """What has waited for batches that this transaction registers."""
    if not batch_ids:
        return []
    read = [_READER.read(0, each.body) for each in await queries.take(connection, batch_ids)]
    # This version may know other types, and read them more strictly, than the one that kept them.
    await bury(connection, [each for each in read if isinstance(each, Dead)])
    return [each for each in read if isinstance(each, Incoming)]


async def expire(database: Database, age: timedelta) -> int:
    """What has waited longer is dead; it may come again, and wait again. Answers how many went."""
    total = 0
    while True:
        async with database.write() as connection:
            late = await queries.take_late(connection, age, _AT_ONCE)
            await bury(connection, [_dead(each) for each in late])
            await forget(connection, [each.event_id for each in late])
        total += len(late)
        if len(late) < _AT_ONCE:
            break
    if total:
        log.error("dead letters of batches that nobody registered", events=total)
    return total


def _dead(event: Pending) -> Dead:
    return Dead(event.event_id, event.event_type, f"batch {event.batch_id} was not registered in time", event.body)
