"""Batches and essays out of their tables and back, as many as there are in one statement each.

Whole rows travel as JSON: PostgreSQL makes and reads it by the columns' types, msgspec by the fields'.
"""

# ruff: noqa: S608
# What is put together here are constants of ours.

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.responses import encode_json
from ras_service.contract import ProcessingStage
from ras_service.lifecycle import BatchState
from ras_service.progress import PHASES, Reached, Tally
from ras_service.rows import BatchRow, EssayRow, Row

_BATCH, _ESSAY = msgspec.json.Decoder(BatchRow), msgspec.json.Decoder(EssayRow)
_STRIPES = 1024

# Whoever brings events of a batch that is not registered waits for whoever registers it, and the other way round.
# Batches share locks, of which PostgreSQL's memory holds few; taken in order, so that nobody deadlocks.
_LOCK_UNREGISTERED = text("""
    SELECT pg_advisory_xact_lock(:room, stripe) FROM (
        SELECT DISTINCT stripe FROM unnest(CAST(:ids AS uuid[]), CAST(:stripes AS int[])) AS given (batch_id, stripe)
        WHERE NOT EXISTS (SELECT FROM batch_results WHERE batch_results.batch_id = given.batch_id)
        ORDER BY stripe
    ) AS needed
""")
_ROOM = 0x52415342


def _columns(of: type[Row]) -> tuple[str, ...]:
    return of.__struct_fields__


def _selected(of: type[Row]) -> str:
    return ", ".join("coalesce(winners, '{}') AS winners" if each == "winners" else each for each in _columns(of))


# Locked in order, again.
_BATCHES = text(f"""
    SELECT CAST(to_json(found) AS text) FROM (
        SELECT {_selected(BatchRow)} FROM batch_results
        WHERE batch_id = ANY(CAST(:ids AS uuid[])) ORDER BY batch_id FOR UPDATE
    ) AS found
""")

_ESSAYS = text(f"""
    SELECT CAST(to_json(found) AS text) FROM (
        SELECT {_selected(EssayRow)} FROM essay_results WHERE essay_id = ANY(CAST(:ids AS uuid[]))
    ) AS found
""")

_STAGES = ", ".join(f"CAST({phase}_stage AS text)" for phase in PHASES)
_REACHED = text(f"""
    SELECT batch_id, count(*), count(*) FILTER (WHERE filename IS NULL), {_STAGES} FROM essay_results
    WHERE batch_id = ANY(CAST(:ids AS uuid[]))
    GROUP BY batch_id, {_STAGES}
""")


def _insert(table: str, of: type[Row]) -> str:
    columns = ", ".join(_columns(of))
    return f"""
        INSERT INTO {table} ({columns})
        SELECT {columns} FROM json_populate_recordset(CAST(NULL AS {table}), CAST(CAST(:rows AS text) AS json))
    """


def _update(table: str, of: type[Row], key: str) -> str:
    changes = ", ".join(f"{each} = given.{each}" for each in _columns(of) if each != key)
    return f"""
        UPDATE {table} AS kept SET {changes}
        FROM json_populate_recordset(CAST(NULL AS {table}), CAST(CAST(:rows AS text) AS json)) AS given
        WHERE kept.{key} = given.{key}
    """


_ADD_BATCHES = text(_insert("batch_results", BatchRow))
# Another transaction may have registered an essay for its own batch meanwhile.
_ADD_ESSAYS = text(f"{_insert('essay_results', EssayRow)} ON CONFLICT DO NOTHING")
_CHANGE_BATCHES = text(_update("batch_results", BatchRow, "batch_id"))
_CHANGE_ESSAYS = text(_update("essay_results", EssayRow, "essay_id"))

_COUNT = text("""
    INSERT INTO batch_counts (user_id, state, n)
    SELECT user_id, CAST(state AS batch_state), n
    FROM unnest(CAST(:users AS text[]), CAST(:states AS text[]), CAST(:changes AS bigint[])) WITH ORDINALITY
        AS given (user_id, state, n, nth)
    ORDER BY nth
    ON CONFLICT (user_id, state) DO UPDATE SET n = batch_counts.n + excluded.n
""")
_DROP_EMPTY = text("""
    DELETE FROM batch_counts USING unnest(CAST(:users AS text[]), CAST(:states AS text[])) AS given (user_id, state)
    WHERE batch_counts.user_id = given.user_id AND batch_counts.state = CAST(given.state AS batch_state)
      AND batch_counts.n = 0
""")


async def lock_unregistered(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> None:
    """Before anything else of RAS's is locked: what is registered needs no more than its row."""
    given = {"room": _ROOM, "ids": batch_ids, "stripes": [_stripe(each) for each in batch_ids]}
    await connection.execute(_LOCK_UNREGISTERED, given)


def _stripe(batch_id: UUID) -> int:
    return int.from_bytes(blake2b(batch_id.bytes, digest_size=4).digest()) % _STRIPES


async def batches(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> list[BatchRow]:
    """Nobody else can change these, or what is theirs, before the transaction ends."""
    found = await connection.execute(_BATCHES, {"ids": batch_ids})
    return [_BATCH.decode(each) for each in found.scalars()]


async def essays(connection: AsyncConnection, essay_ids: Sequence[UUID]) -> list[EssayRow]:
    """Of whichever batch."""
    found = await connection.execute(_ESSAYS, {"ids": essay_ids})
    return [_ESSAY.decode(each) for each in found.scalars()]


async def tallies(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> dict[UUID, Tally]:
    """A key for each id."""
    reached: dict[UUID, list[Reached]] = defaultdict(list)
    open_slots: dict[UUID, int] = defaultdict(int)
    for batch_id, size, without_file, *stages in await connection.execute(_REACHED, {"ids": batch_ids}):
        reached[batch_id].append(Reached([ProcessingStage(each) for each in stages], size))
        open_slots[batch_id] += without_file
    return {batch_id: Tally(reached[batch_id], open_slots[batch_id]) for batch_id in batch_ids}


async def add_batches(connection: AsyncConnection, rows: Iterable[BatchRow]) -> None:
    await connection.execute(_ADD_BATCHES, {"rows": _encoded(rows)})


async def add_essays(connection: AsyncConnection, rows: Iterable[EssayRow]) -> int:
    """Answers how many: those that another batch has are left alone."""
    in_order = sorted(rows, key=lambda row: row.essay_id)
    added = await connection.execute(_ADD_ESSAYS, {"rows": _encoded(in_order)})
    return added.rowcount


async def change_batches(connection: AsyncConnection, rows: Iterable[BatchRow]) -> None:
    await connection.execute(_CHANGE_BATCHES, {"rows": _encoded(rows)})


async def change_essays(connection: AsyncConnection, rows: Iterable[EssayRow]) -> None:
    await connection.execute(_CHANGE_ESSAYS, {"rows": _encoded(rows)})


async def count(connection: AsyncConnection, changes: Mapping[tuple[str, BatchState], int]) -> None:
    """By how much each user's number of batches in each state changes. Rows are locked in order."""
    in_order = sorted(key for key, change in changes.items() if change)
    if not in_order:
        return
    keys = {"users": [user_id for user_id, _ in in_order], "states": [state.value for _, state in in_order]}
    await connection.execute(_COUNT, {**keys, "changes": [changes[key] for key in in_order]})
    if any(changes[key] < 0 for key in in_order):
        await connection.execute(_DROP_EMPTY, keys)


def _encoded(rows: Iterable[Row]) -> str:
    return encode_json(list(rows)).decode()
