"""Kafka for tests: brokers in a process of their own, and records as others write and read them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.consumer.group_coordinator import GroupCoordinator  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
PRODUCE, METADATA, OFFSET_COMMIT = 0, 3, 8
UNKNOWN_TOPIC, TOO_LARGE, NOT_LEADER = 3, 10, 6


class Kafka:
    def __init__(self, process: "subprocess.Popen[str]", servers: str) -> None:
        self._process = process
        self.servers = servers

    def down(self) -> None:
        self._order("down")

    def up(self) -> None:
        self._order("up")

    def latency(self, milliseconds: int) -> None:
        self._order(f"latency {milliseconds}")

    def answer(self, api: int, *errors: int) -> None:
        """With these the next requests of this kind; 0 is no error."""
        self._order(f"errors {api} {' '.join(map(str, errors))}")

    def make(self, topic: str, partitions: int) -> None:
        self._order(f"topic {topic} {partitions}")

    def deny(self, topic: str, error: int) -> None:
        """Whoever asks for the topic gets this error; 0 ends that."""
        self._order(f"topic_error {topic} {error}")

    def _order(self, order: str) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n", order

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """Not ours: as another service has one."""
        async with AIOKafkaProducer(bootstrap_servers=self.servers) as made:
            yield made

    async def write(self, topic: str, *values: bytes | None, key: bytes = b"k", headers: Any = ()) -> None:
        """In this order, to one partition, together."""
        async with self.producer() as producer:
            sent = [await producer.send(topic, value, key=key, headers=headers) for value in values]
            await asyncio.gather(*sent)

    async def read(self, topic: str) -> list[ConsumerRecord]:
        """All there is, by partition and offset."""
        async with self._reader(topic) as (reader, partitions):
            ends = await reader.end_offsets(partitions)
            found: list[ConsumerRecord] = []
            while len(found) < sum(ends.values()):
                for records in (await reader.getmany(timeout_ms=1000)).values():
                    found += records
        return sorted(found, key=lambda record: (record.partition, record.offset))

    async def committed(self, group: str, topic: str) -> int:
        """How many records of the topic the group is done with."""
        async with self._reader(topic) as (_, partitions):
            pass
        async with AIOKafkaConsumer(bootstrap_servers=self.servers, group_id=group, enable_auto_commit=False) as asking:
            return sum([await asking.committed(each) or 0 for each in partitions])

    async def consumed(self, group: str, *topics: str) -> None:
        """Until the group is done with all there is."""
        async with self._reader(*topics) as (reader, partitions):
            ends = await reader.end_offsets(partitions)
        async with AIOKafkaConsumer(bootstrap_servers=self.servers, group_id=group, enable_auto_commit=False) as asking:
            while ends:
                await asyncio.sleep(0.05)
                ends = {at: end for at, end in ends.items() if (await asking.committed(at) or 0) < end}

    @asynccontextmanager
    async def _reader(self, *topics: str) -> AsyncIterator[tuple[AIOKafkaConsumer, Sequence[TopicPartition]]]:
        async with AIOKafkaConsumer(*topics, bootstrap_servers=self.servers, auto_offset_reset="earliest") as reader:
            yield reader, [TopicPartition(topic, n) for topic in topics for n in reader.partitions_for_topic(topic)]


def patched(patch: pytest.MonkeyPatch) -> None:
    """For consumer groups at these brokers, which are simpler than real ones."""
    # When a member leaves, the others wait for almost as long as a session may be silent.
    patch.setattr("kit.events.kafka.membership._SESSION_MS", 2000)
    # Who waits for news is answered when the wait is over, news or not.
    patch.setattr("kit.events.kafka.membership._FETCH_WAIT_MS", 10)
    # Who asks for its partitions after the leader has given them out is turned away.
    assign = GroupCoordinator._perform_assignment

    async def assign_later(self: Any, response: Any) -> Any:
        await asyncio.sleep(0.1)
        return await assign(self, response)

    patch.setattr(GroupCoordinator, "_perform_assignment", assign_later)


@contextmanager
def kafka_cluster() -> Iterator[Kafka]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kafka_cluster"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Kafka(process, process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def a_name(kind: str) -> str:
    """Of a topic or a group that no other test has."""
    return f"{kind}.{uuid4().hex[:12]}.v1"
