"""Rows that are old enough go, some at a time."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import Database

log = structlog.get_logger("purge")
_AT_ONCE = 5000

# Replicas do not wait for each other: whoever comes second finds nothing left to do the next time.
_TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True, slots=True)
class Purge:
    """`statement` deletes `:at_once` rows at most, of those older than `:age`, and answers how many."""

    name: str
    statement: TextClause

    async def older_than(self, age: timedelta, database: Database, at_once: int = _AT_ONCE) -> int:
        """`at_once` rows per transaction; answers how many went."""
        total = 0
        while True:
            async with database.write() as connection:
                deleted = await self._some(connection, age, at_once)
            total += deleted
            if deleted < at_once:
                break
        if total:
            log.info("purged", what=self.name, rows=total)
        return total

    async def _some(self, connection: AsyncConnection, age: timedelta, at_once: int) -> int:
        if not await connection.scalar(_TAKE_TURN, {"name": self.name}):
            return 0
        deleted = await connection.scalar(self.statement, {"age": age, "at_once": at_once})
        assert isinstance(deleted, int)
        return deleted


def oldest(table: str, key: str, moment: str) -> TextClause:
    """For a Purge of whole rows; `moment` has an index."""
    return text(f"""
        WITH purged AS (
            DELETE FROM {table} WHERE {key} IN (
                SELECT {key} FROM {table} WHERE {moment} < now() - CAST(:age AS interval)
                ORDER BY {moment} LIMIT :at_once
            )
            RETURNING 1
        )
        SELECT count(*) FROM purged
    """)  # noqa: S608  names of ours
