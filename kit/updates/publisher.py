"""Redis, for the WebSocket consumers that listen there. Best effort: PostgreSQL is where updates are kept.

The commit's own notice starts it, so what was rolled back is never told; the process that wrote is the one that tells.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import text

from kit.db import Database
from kit.responses import encode_json
from kit.updates.notice import Notice

log = structlog.get_logger("redis")
_SECONDS = 2
_QUEUED = 1000
_AT_ONCE = 100

_TOLD = text(
    """
    SELECT told.user_id, CAST(told.type AS text), CAST(told.payload AS text)
    FROM unnest(CAST(:users AS text[]), CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) WITH ORDINALITY
        AS notice (user_id, first, last, position)
    JOIN teacher_updates AS told
        ON told.user_id = notice.user_id AND told.seq BETWEEN notice.first AND notice.last
    ORDER BY notice.position, told.seq
    """
)


class Publisher:
    """`{event, data}` on `ws:{user_id}`, for the notices of this process alone."""

    def __init__(self, url: str, database: Database, origin: str) -> None:
        # Sending again what may have arrived would tell it twice.
        self._redis = Redis.from_url(
            url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._database = database
        self._origin = origin
        self._queue: asyncio.Queue[Notice] = asyncio.Queue(_QUEUED)
        self._working = True

    def hear(self, notice: Notice) -> None:
        """Never waits; while Redis is slow or away, what does not fit is dropped."""
        if notice.origin == self._origin and not self._queue.full():
            self._queue.put_nowait(notice)

    async def run(self) -> None:
        async with self._redis:
            while True:
                notices = [await self._queue.get()]
                while len(notices) < _AT_ONCE and not self._queue.empty():
                    notices.append(self._queue.get_nowait())
                await self._try(notices)

    async def _try(self, notices: Sequence[Notice]) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                await self._publish(notices)
        except Exception as error:  # noqa: BLE001  best effort, whatever goes wrong
            if self._working:
                log.warning("redis is not told", reason=repr(error))
            self._working = False
        else:
            if not self._working:
                log.info("redis is told again")
            self._working = True

    async def _publish(self, notices: Sequence[Notice]) -> None:
        _, firsts, lasts, users = (list(each) for each in zip(*notices, strict=True))
        async with self._database.read() as connection:
            rows = (await connection.execute(_TOLD, {"users": users, "firsts": firsts, "lasts": lasts})).all()
        with suppress(RedisConnectionError):
            # A connection that Redis ended meanwhile shows it here, and is made again for what must not be lost.
            await self._redis.ping()
        async with self._redis.pipeline(transaction=False) as pipeline:
            for user_id, kind, payload in rows:
                told = {"event": kind, "data": msgspec.Raw(payload.encode())}
                pipeline.publish(f"ws:{user_id}", encode_json(told))
            await pipeline.execute()
