"""What a teacher has not yet been told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.updates.writing import Updates, newest

PAGE = 100


@dataclass
class ToldUpdate:
    seq: int
    type: str
    payload: msgspec.Raw
    created_at: datetime


@dataclass
class UpdatePage:
    """`cursor` is the `after` of the next poll."""

    updates: list[ToldUpdate]
    cursor: int


class CursorGoneError(Exception):
    """What followed the cursor is purged, or the cursor is not of this sequence; `oldest` is the first that works."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"the oldest cursor is {oldest}")
        self.oldest = oldest


# One statement, so one snapshot: a purge is seen whole or not at all.
_PAGE = text(
    """
    SELECT kept.oldest, kept.last, news.seq, news.type, news.payload, news.created_at
    FROM (
        SELECT
            COALESCE((SELECT seq FROM teacher_update_purges WHERE user_id = :user_id), 0) AS oldest,
            (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM teacher_update_seq) AS last
    ) AS kept
    LEFT JOIN LATERAL (
        SELECT seq, CAST(type AS text) AS type, CAST(payload AS text) AS payload, created_at
        FROM teacher_updates
        WHERE user_id = :user_id AND seq > :after
        ORDER BY seq
        LIMIT :page
    ) AS news ON true
    ORDER BY news.seq
    """
)

# Of this teacher's committed rows, not of the sequence: a lower number that is drawn already may commit later.
_CURSOR = text(
    """
    SELECT GREATEST(
        (SELECT max(seq) FROM teacher_updates WHERE user_id = :user_id),
        (SELECT seq FROM teacher_update_purges WHERE user_id = :user_id),
        0
    )
    """
)


async def current_cursor(connection: AsyncConnection, user_id: str) -> int:
    """After it comes all that is committed from now on."""
    found = await connection.scalar(_CURSOR, {"user_id": user_id})
    assert isinstance(found, int)
    return found


async def page_after(connection: AsyncConnection, updates: Updates, user_id: str, after: int) -> UpdatePage:
    """Raises CursorGoneError."""
    rows = (await connection.execute(_PAGE, {"user_id": user_id, "after": after, "page": PAGE})).all()
    oldest, last = rows[0][:2]
    if not oldest <= after <= last:
        raise CursorGoneError(oldest)
    told = [_told(row) for row in rows if row.seq is not None]
    cursor = told[-1].seq if told else after
    return UpdatePage(_worth_telling(updates, user_id, told), cursor)


def _told(row: Row[Any]) -> ToldUpdate:
    return ToldUpdate(row.seq, row.type, msgspec.Raw(row.payload.encode()), row.created_at)


def _worth_telling(updates: Updates, user_id: str, told: Sequence[ToldUpdate]) -> list[ToldUpdate]:
    return newest(told, lambda each: updates.subject(user_id, each.type, bytes(each.payload)))
