"""Answers that creates have had, for clients that send them again."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.tables import IdempotencyKey

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")

_FRESH = IdempotencyKey.created_at > func.now() - text("interval '24 hours'")

# Each answer that is kept takes some expired ones with it, so there are never more than a day's for long.
_REMEMBER = text("""
    WITH expired AS (
        DELETE FROM idempotency_keys WHERE (user_id, key) IN (
            SELECT user_id, key FROM idempotency_keys
            WHERE created_at <= now() - interval '24 hours' AND (user_id, key) <> (:user_id, :key)
            ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO idempotency_keys (user_id, key, request_hash, status, location, body)
    VALUES (:user_id, :key, :request_hash, :status, :location, :body)
    ON CONFLICT (user_id, key) DO UPDATE SET
        request_hash = excluded.request_hash, status = excluded.status, location = excluded.location,
        body = excluded.body, created_at = excluded.created_at
""")


@dataclass(frozen=True, slots=True)
class Remembered:
    request_hash: bytes
    status: int
    location: str | None
    body: bytes


async def lock(connection: AsyncConnection, user_id: str, key: str) -> bool:
    """Until this transaction ends. False while another one has it."""
    # A user id has no blank, so no other pair has this name.
    return bool(await connection.scalar(_LOCK, {"name": f"idempotency_keys {user_id} {key}"}))


async def recall(connection: AsyncConnection, user_id: str, key: str) -> Remembered | None:
    row = await connection.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.location, IdempotencyKey.body).where(
            IdempotencyKey.user_id == user_id, IdempotencyKey.key == key, _FRESH
        )
    )
    found = row.one_or_none()
    return found and Remembered(*found)


async def remember(connection: AsyncConnection, user_id: str, key: str, answer: Remembered) -> None:
    await connection.execute(
        _REMEMBER,
        {
            "user_id": user_id,
            "key": key,
            "request_hash": answer.request_hash,
            "status": answer.status,
            "location": answer.location,
            "body": answer.body,
        },
    )
