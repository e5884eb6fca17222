"""What came in and cannot be processed, kept as it was received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.envelope import EventType
from kit.ids import parse_uuid
from kit.responses import encode_json


@dataclass(frozen=True, slots=True)
class Dead:
    event_id: UUID | None
    event_type: str | None
    reason: str
    body: bytes


# What comes again is dead again, but one letter is enough, with the newest reason. Locked in one order, so that two
# lists that share letters never deadlock.
_BURY = text("""
    WITH given AS MATERIALIZED (
        SELECT DISTINCT ON (sha256(body)) sha256(body) AS hash, *
        FROM unnest(CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:reasons AS text[]),
                    CAST(:bodies AS bytea[]), CAST(:headers AS text[]))
             WITH ORDINALITY AS letter (event_id, event_type, reason, body, headers, nth)
        ORDER BY sha256(body), nth
    ), known AS MATERIALIZED (
        SELECT letter.id, given.hash, given.reason
        FROM given JOIN dead_letters AS letter ON sha256(letter.body) = given.hash
        ORDER BY letter.id FOR UPDATE OF letter
    ), told AS (
        UPDATE dead_letters AS letter SET reason = known.reason
        FROM known WHERE letter.id = known.id AND letter.reason <> known.reason
    )
    INSERT INTO dead_letters (event_id, event_type, reason, body, headers)
    SELECT event_id, event_type, reason, body, CAST(headers AS jsonb)
    FROM given WHERE hash NOT IN (SELECT hash FROM known)
    ORDER BY nth
""")


async def bury(
    connection: AsyncConnection, dead: Sequence[Dead], headers: Sequence[Mapping[str, str]] | None = None
) -> None:
    """`headers` are those that a broker's record came with, one for each."""
    if not dead:
        return
    given = {
        "event_ids": [each.event_id for each in dead],
        "types": [each.event_type for each in dead],
        "reasons": [each.reason.replace("\0", "") for each in dead],
        "bodies": [each.body for each in dead],
        "headers": [encode_json(each).decode() for each in headers or [{}] * len(dead)],
    }
    await connection.execute(_BURY, given)


class _Known(msgspec.Struct):
    """Of whatever it is, the id and the type; each alone may be wrong."""

    event_id: msgspec.Raw = msgspec.Raw(b"null")
    event_type: msgspec.Raw = msgspec.Raw(b"null")


def identified(body: bytes, reason: str) -> Dead:
    try:
        known = msgspec.json.decode(body, type=_Known)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        known = _Known()
    event_id = _decoded(known.event_id, str)
    return Dead(parse_uuid(event_id) if event_id else None, _decoded(known.event_type, EventType), reason, body)


def _decoded(raw: msgspec.Raw, of: type[str]) -> str | None:
    try:
        return msgspec.json.decode(raw, type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
