"""Events in from Kafka: an offset is committed when everything before it is committed here, or is a dead letter."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from kit.errors import ServiceError, UnavailableError
from kit.events import metrics
from kit.events.backoff import Backoff, waited
from kit.events.dead_letters import Dead
from kit.events.ingest import Ingest
from kit.events.kafka.letters import letter, told
from kit.events.kafka.membership import Batch, Group, Membership, joined
from kit.events.kafka.producer import REFUSALS, Producer

log = structlog.get_logger("events")
MAX_VALUE_BYTES = 4 * 1024 * 1024
"""As much as a request by HTTP may have."""
_KEPT_BYTES = 64 * 1024
_REJOIN = Backoff(first=0.2, longest=30)

T = TypeVar("T")
Buried = tuple[ConsumerRecord, str]
"""With the reason."""


class Consumer:
    """One per process. Without brokers it tries again for as long as that takes; without a database it keeps what it
    has in hand, and its place in the group."""

    def __init__(self, group: Group, ingest: Ingest, letters: Producer, dead_letter_topic: str, pause: Backoff) -> None:
        """`pause`: between two attempts to process what is in hand."""
        self._group = group
        self._ingest = ingest
        self._letters = letters
        self._dead_letter_topic = dead_letter_topic
        self._pause = pause
        self._stopping = asyncio.Event()
        self._member: Membership | None = None
        self._failures = 0

    def stop(self) -> None:
        """What is in hand is finished, if that is possible at once, and nothing else begun; then `run` ends."""
        self._stopping.set()
        if self._member:
            self._member.called.set()

    async def run(self) -> None:
        try:
            while not self._stopping.is_set():
                await self._attempt()
        finally:
            await self._letters.close()

    async def _attempt(self) -> None:
        try:
            async with joined(self._group) as self._member:
                await self._consume(self._member)
        except Exception as error:  # noqa: BLE001  whatever it was, the topics still wait to be read
            self._failures += 1
            metrics.CONSUMER_FAILURES.labels("kafka").inc()
            log.warning("kafka away", group=self._group.name, reason=repr(error), failures=self._failures)
            await waited(self._stopping, _REJOIN.after(self._failures))

    async def _consume(self, member: Membership) -> None:
        while not self._stopping.is_set():
            batch = await unless(self._stopping, member.next())
            self._failures = 0
            if batch is None:
                continue
            try:
                if await self._settled(member, batch):
                    await member.commit(batch)
            finally:
                member.done()

    async def _settled(self, member: Membership, batch: Batch) -> bool:
        """False when the batch was given up: it comes again, to us or to another member."""
        dead = await self._patiently(member, lambda: self._process(batch))
        if dead is None:
            return False
        return not dead or await self._patiently(member, lambda: self._tell(dead)) is not None

    async def _process(self, batch: Batch) -> list[Buried]:
        misfits = [(record, why) for record in batch.records if (why := _misfit(record))]
        await self._ingest.bury(
            [Dead(None, None, why, (record.value or b"")[:_KEPT_BYTES]) for record, why in misfits],
            [told(record) for record, _ in misfits],
        )
        fit = [record for record in batch.records if not _misfit(record)]
        ingested = await self._ingest.process([record.value for record in fit], [told(record) for record in fit])
        return [*misfits, *((fit[each.index], each.reason) for each in ingested.dead)]

    async def _tell(self, dead: list[Buried]) -> bool:
        """The table has them already, so a letter that is too large for the topic goes without its value."""
        for whole in (True, False):
            to = self._dead_letter_topic
            sent = [letter(to, record, why, self._group.name, whole=whole) for record, why in dead]
            results = await self._letters.send(sent)
            for error in results:
                if error and not isinstance(error, REFUSALS):
                    raise UnavailableError(f"dead letters not told: {error!r}") from error
            dead = [each for each, error in zip(dead, results, strict=True) if error]
            if not dead:
                break
        for record, _ in dead:
            log.error("dead letter refused", topic=record.topic, partition=record.partition, offset=record.offset)
        return True

    async def _patiently(self, member: Membership, work: Callable[[], Awaitable[T]]) -> T | None:
        """Again and again until it works; None when there is no more time for that."""
        failures = 0
        while True:
            try:
                return await work()
            except Exception as error:  # the offset waits, and with it all that follows
                failures += 1
                metrics.CONSUMER_FAILURES.labels("processing").inc()
                unexpected = None if isinstance(error, ServiceError) else error
                reason = repr(error.__cause__ or error)
                log.warning(
                    "events wait", group=self._group.name, reason=reason, failures=failures, exc_info=unexpected
                )
            if self._stopping.is_set():
                return None
            await waited(member.called, self._pause.after(failures))
            if member.called.is_set() or self._stopping.is_set():
                return None


def _misfit(record: ConsumerRecord) -> str | None:
    """Why it cannot even be looked at."""
    if record.value is None:
        return "there is no value"
    if len(record.value) > MAX_VALUE_BYTES:
        return f"larger than {MAX_VALUE_BYTES} bytes"
    return None


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """None when the event comes first; then the work is cancelled."""
    working, told_to = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait((working, told_to), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for each in (working, told_to):
            each.cancel()
        await asyncio.gather(working, told_to, return_exceptions=True)
