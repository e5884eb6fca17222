"""Whoever changes a batch's associations holds its advisory lock, taken before all else, until the transaction ends."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(CAST(:key AS bigint))")


def lock_keys(batch_ids: Iterable[UUID]) -> list[int]:
    """Sorted by key, not by id: two ids may share a key, and then only this order never deadlocks."""
    return sorted({_key(batch_id) for batch_id in batch_ids})


def _key(batch_id: UUID) -> int:
    return int.from_bytes(blake2b(b"batch:" + batch_id.bytes, digest_size=8).digest(), signed=True)


async def lock_batches(connection: AsyncConnection, *batch_ids: UUID) -> None:
    await connection.execute(_LOCK, {"keys": lock_keys(batch_ids)})


async def try_lock_batch(connection: AsyncConnection, batch_id: UUID) -> bool:
    """False when another transaction has it."""
    return bool(await connection.scalar(_TRY_LOCK, {"key": _key(batch_id)}))


async def lock_batches_of(
    connection: AsyncConnection,
    batches: Callable[[], Awaitable[Collection[UUID]]],
    close: Callable[[], Awaitable[bool]],
) -> bool:
    """Locks what `batches` finds, and has `close` lock what they belong to, so that nothing can join them any more.

    `close` answers whether there is such a thing; so does this. Batches come before what they belong to, as everywhere:
    when one has joined in between, all locks of this try are given back.
    """
    known = set(await batches())
    while True:
        async with connection.begin_nested() as attempt:
            await lock_batches(connection, *known)
            there = await close()
            found = set(await batches())
            if found <= known:
                return there
            known = found
            await attempt.rollback()
