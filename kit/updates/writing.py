"""Telling teachers, in the transaction of the change."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.driver import Prepared
from kit.responses import encode_json
from kit.updates.notice import CHANNEL

T = TypeVar("T")

# The column's default draws seq, in the order given: for each row when all locks are held, since they are counted
# beforehand. A notice is sent by the commit, and by nothing if there is none.
_TELL = Prepared(
    text(
        f"""
    WITH locked AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key
    ), told AS (
        INSERT INTO teacher_updates (user_id, type, payload)
        SELECT user_id, CAST(type AS update_type), CAST(payload AS jsonb)
        FROM (SELECT count(*) FROM locked) AS held,
             unnest(CAST(:users AS text[]), CAST(:types AS text[]), CAST(:payloads AS text[]))
            AS given (user_id, type, payload)
        RETURNING user_id, seq
    )
    SELECT pg_notify('{CHANNEL}', concat_ws(' ', CAST(:origin AS text), min(seq), max(seq), user_id))
    FROM told GROUP BY user_id
    """  # noqa: S608  a constant of ours
    )
)


@dataclass(frozen=True, slots=True)
class Update:
    """`payload`: a dataclass or a dict, as the wire has it."""

    user_id: str
    type: StrEnum
    payload: Any


class Updates:
    """One per process. `newest_by` names the types that repeat a state, with the payload's field that says of what.

    Of those a reader wants the newest alone.
    """

    def __init__(self, *, newest_by: Mapping[StrEnum, str] | None = None) -> None:
        self.newest_by: dict[str, str] = {kind.value: field for kind, field in (newest_by or {}).items()}
        self.origin = uuid4().hex

    async def tell(self, connection: AsyncConnection, *updates: Update) -> None:
        """The last step of a transaction: whoever shares a teacher waits from here until the commit.

        The sequence is drawn under the lock, so that each teacher's order of sequence is the order of commits.
        """
        if not updates:
            return
        encoded = [(each.user_id, each.type.value, encode_json(each.payload)) for each in updates]
        rows = newest(encoded, lambda row: self.subject(*row))
        users, types, payloads = zip(*rows, strict=True)
        await _TELL.rows(
            connection,
            keys=lock_keys(users),
            users=list(users),
            types=list(types),
            payloads=[payload.decode() for payload in payloads],
            origin=self.origin,
        )

    def subject(self, user_id: str, kind: str, payload: bytes) -> Hashable | None:
        """What a later update of the same subject makes worthless; none for an update that must be told."""
        field = self.newest_by.get(kind)
        return None if field is None else (user_id, kind, msgspec.json.decode(payload)[field])


def newest(items: Sequence[T], subject: Callable[[T], Hashable | None]) -> list[T]:
    """Of the items with one subject the last alone, where it stands; the items without a subject all."""
    subjects = [subject(item) for item in items]
    last = {found: place for place, found in enumerate(subjects)}
    return [item for place, item in enumerate(items) if subjects[place] is None or last[subjects[place]] == place]


def lock_keys(users: Iterable[str]) -> list[int]:
    """Sorted by key, not by name: two names may share a key, and then only this order never deadlocks."""
    return sorted({_lock_key(user_id) for user_id in users})


def _lock_key(user_id: str) -> int:
    return int.from_bytes(blake2b(f"teacher_updates:{user_id}".encode(), digest_size=8).digest(), signed=True)
