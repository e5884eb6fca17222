"""A member of a consumer group, and the partitions that it has for the time being."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import CommitFailedError, IllegalStateError  # type: ignore[import-untyped]

from kit.events import metrics
from kit.events.backoff import waited

log = structlog.get_logger("events")
_AT_ONCE = 1000
_POLL_MS = 1000
_PARTITION_BYTES = 1024 * 1024
_FETCH_BYTES = 8 * 1024 * 1024
# A broker that has nothing new answers then; with news it answers at once.
_FETCH_WAIT_MS = 500
_START_SECONDS = 30
_SESSION_MS = 15_000
_REBALANCE_MS = 30_000
# Less than a rebalance takes at most.
_HANDOVER_SECONDS = 10
_COMMIT_SECONDS = 15
_SILENCE_SECONDS = 60
# So long a topic that is made later, or has new partitions, goes unnoticed.
_METADATA_MS = 30_000
_FAREWELL_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Group:
    """Which topics, as a member of which group, at which brokers (`host:port` with commas)."""

    servers: str
    name: str
    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class Batch:
    """In the order of each partition. `offsets`: after the last of each. `generation`: while we have the partitions."""

    records: list[ConsumerRecord]
    offsets: Mapping[TopicPartition, int]
    generation: int


class SilenceError(Exception):
    """The brokers that were known do not answer any more; there may be others by now."""


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """`called`: partitions are wanted back, so what is in hand should soon be done or dropped."""

    def __init__(self, group: Group) -> None:
        self.called = asyncio.Event()
        self._group = group
        self._consumer = _Consumer(
            bootstrap_servers=group.servers,
            client_id=group.name,
            group_id=group.name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=_PARTITION_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            session_timeout_ms=_SESSION_MS,
            heartbeat_interval_ms=_SESSION_MS // 5,
            rebalance_timeout_ms=_REBALANCE_MS,
            metadata_max_age_ms=_METADATA_MS,
            # A batch may wait for its database for as long as that takes; heartbeats go on meanwhile.
            max_poll_interval_ms=2**31 - 1,
        )
        self._idle = asyncio.Event()
        self._idle.set()
        self._generation = 0
        self._next: dict[TopicPartition, int] = {}
        self._heard = time.monotonic()
        self._polled: int | None = None

    async def join(self) -> None:
        async with asyncio.timeout(_START_SECONDS):
            await self._consumer.start()
        # Only now, because `start` fails for a topic that does not exist yet.
        self._consumer.subscribe(set(self._group.topics), listener=self)

    async def leave(self) -> None:
        closing = asyncio.create_task(self._consumer.close())
        _CLOSING.add(closing)
        closing.add_done_callback(_closed)
        await asyncio.wait([closing], timeout=_FAREWELL_SECONDS)
        self._next.clear()
        self._tell_lag()

    async def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        self.called.set()
        await waited(self._idle, _HANDOVER_SECONDS)
        self._generation += 1
        self._next.clear()
        self._tell_lag()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.called.clear()
        self._heard = time.monotonic()
        log.info("partitions assigned", group=self._group.name, partitions=len(set(assigned)))

    async def next(self) -> Batch | None:
        """None when there is nothing for a while. What it answers is in hand until `done`."""
        async with asyncio.timeout(_SILENCE_SECONDS * 2):  # a rebalance may wait for other members
            found: dict[TopicPartition, list[ConsumerRecord]] = await self._consumer.getmany(
                timeout_ms=_POLL_MS, max_records=_AT_ONCE
            )
        if not found:
            self._listen()
            return None
        self._idle.clear()
        self._heard = time.monotonic()
        self._next |= {partition: records[0].offset for partition, records in found.items()}
        self._tell_lag()
        records = [record for each in found.values() for record in each]
        return Batch(records, {at: each[-1].offset + 1 for at, each in found.items()}, self._generation)

    def holds(self, batch: Batch) -> bool:
        return batch.generation == self._generation

    async def commit(self, batch: Batch) -> None:
        """Whoever gets what could not be committed, gets it again."""
        if not self.holds(batch):
            return
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                await self._consumer.commit(batch.offsets)
        except (CommitFailedError, IllegalStateError, TimeoutError) as error:
            log.warning("offsets not committed", group=self._group.name, reason=repr(error))
        if self.holds(batch):
            self._next |= batch.offsets
            self._tell_lag()

    def done(self) -> None:
        self._idle.set()

    def _listen(self) -> None:
        """Raises SilenceError when for long no broker has answered a fetch."""
        assigned = self._consumer.assignment()
        polled = max((self._consumer.last_poll_timestamp(each) or 0 for each in assigned), default=None)
        if polled is None or polled != self._polled:
            self._heard, self._polled = time.monotonic(), polled
        elif time.monotonic() - self._heard > _SILENCE_SECONDS:
            raise SilenceError(f"no broker answered for {_SILENCE_SECONDS} s")

    def _tell_lag(self) -> None:
        lag: dict[str, int] = defaultdict(int)
        for partition in self._consumer.assignment() & self._next.keys():
            highest = self._consumer.highwater(partition) or 0
            lag[partition.topic] += max(0, highest - self._next[partition])
        for topic in self._group.topics:
            metrics.CONSUMER_LAG.labels(topic).set(lag[topic])


@asynccontextmanager
async def joined(group: Group) -> AsyncIterator[Membership]:
    member = Membership(group)
    try:
        await member.join()
        yield member
    finally:
        await member.leave()


class _Consumer(AIOKafkaConsumer):  # type: ignore[misc]
    async def close(self) -> None:
        try:
            await self.stop()
        finally:
            # Where `stop` fails halfway, as it may while brokers are away, its connections would stay.
            await self._client.close()


# Those that wait for answers of brokers that are away.
_CLOSING: set[asyncio.Task[None]] = set()


def _closed(closing: asyncio.Task[Any]) -> None:
    _CLOSING.discard(closing)
    if not closing.cancelled() and closing.exception():
        log.warning("consumer did not close well", reason=repr(closing.exception()))
