"""The timeout monitor: associations that wait for their teacher too long are confirmed without them."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from cms_service.queries import due
from cms_service.queries.batch_locks import try_lock_batch
from cms_service.queries.placeholders import placeholders
from cms_service.settling import settle_timeout
from kit.db import Connection, Database
from kit.errors import UnavailableError
from kit.updates import Updates

log = structlog.get_logger("deadlines")
TIMED_OUT = Counter("associations_timed_out", "Associations that the deadline has confirmed.")
BATCHES = Counter(
    "association_deadline_batches",
    "Batches with associations past their deadline by what became of them: processed, skipped, failed.",
    ["outcome"],
)


@dataclass(slots=True)
class Looked:
    """`skipped` batches are in use, as likely as not by another monitor; the `failed` ones are tried again."""

    associations: int = 0
    processed: int = 0
    skipped: int = 0
    failed: int = 0

    def tell(self) -> None:
        TIMED_OUT.inc(self.associations)
        outcomes = {"processed": self.processed, "skipped": self.skipped, "failed": self.failed}
        for outcome, batches in outcomes.items():
            BATCHES.labels(outcome).inc(batches)
        if any(outcomes.values()):
            log.info("deadlines passed", associations=self.associations, **outcomes)


@dataclass(frozen=True, slots=True)
class Monitor:
    """`least_score` keeps the suggested student."""

    database: Database
    updates: Updates
    patience: timedelta
    least_score: float

    async def run(self, interval: float) -> None:
        """Looks at once, and then each `interval` seconds, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  whatever it was, the next turn may do better
                log.warning("deadlines not looked at", reason=repr(error))
            await asyncio.sleep(interval)

    async def look(self) -> Looked:
        """Each batch is a transaction of its own. Raises UnavailableError."""
        looked = Looked()
        async with self.database.read() as connection:
            batch_ids = await due.due_batches(connection, self.patience)
        try:
            for batch_id in batch_ids:
                await self._try(batch_id, looked)
        finally:
            looked.tell()
        return looked

    async def _try(self, batch_id: UUID, looked: Looked) -> None:
        try:
            async with self.database.write() as connection:
                timed_out = await self._process(connection, batch_id)
        except UnavailableError:
            raise
        except Exception:  # one batch must not hold back the others
            log.exception("deadline not processed", batch_id=str(batch_id))
            looked.failed += 1
            return
        if timed_out is None:
            looked.skipped += 1
        else:
            looked.processed += 1
            looked.associations += timed_out

    async def _process(self, connection: Connection, batch_id: UUID) -> int | None:
        """Answers how many associations it confirmed, none when the batch is in use."""
        if not await try_lock_batch(connection, batch_id):
            return None
        needed = await due.classes_with_nobody(connection, batch_id, self.patience, self.least_score)
        unknown = await placeholders(connection, needed) if needed else {}
        changed = await due.time_out(connection, batch_id, self.patience, self.least_score, unknown)
        await self.updates.tell(connection, *await settle_timeout(connection, changed))
        return len(changed)
