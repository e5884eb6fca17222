"""Old updates go; of each teacher the highest sequence that went is kept, to know which cursors have expired."""

from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import Database

log = structlog.get_logger("updates")
_AT_ONCE = 5000

# Replicas do not wait for each other: whoever comes second finds nothing left to do the next time.
_TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended('teacher_update_purge', 0))")

_PURGE = text(
    """
    WITH purged AS (
        DELETE FROM teacher_updates
        WHERE (user_id, seq) IN (
            SELECT user_id, seq FROM teacher_updates
            WHERE created_at < now() - CAST(:age AS interval)
            ORDER BY created_at
            LIMIT :at_once
        )
        RETURNING user_id, seq
    ), marked AS (
        INSERT INTO teacher_update_purges (user_id, seq)
        SELECT user_id, max(seq) FROM purged GROUP BY user_id
        ON CONFLICT (user_id) DO UPDATE SET seq = GREATEST(teacher_update_purges.seq, excluded.seq)
    )
    SELECT count(*) FROM purged
    """
)


async def purge(database: Database, age: timedelta, at_once: int = _AT_ONCE) -> int:
    """Deletes what is older than `age`, `at_once` rows per transaction; answers how many went."""
    total = 0
    while True:
        async with database.write() as connection:
            deleted = await _purge_some(connection, age, at_once)
        total += deleted
        if deleted < at_once:
            break
    if total:
        log.info("purged", updates=total)
    return total


async def _purge_some(connection: AsyncConnection, age: timedelta, at_once: int) -> int:
    if not await connection.scalar(_TAKE_TURN):
        return 0
    deleted = await connection.scalar(_PURGE, {"age": age, "at_once": at_once})
    assert isinstance(deleted, int)
    return deleted
