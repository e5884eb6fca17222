"""Consumers of the tests' topics, on the tests' database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from kit.db import Database
from kit.events import metrics
from kit.events.backoff import Backoff
from kit.events.handling import Handler, one_by_one
from kit.events.ingest import Ingest
from kit.events.kafka.consumer import Consumer
from kit.events.kafka.membership import Group
from kit.events.kafka.producer import Producer
from kit.events.running import working
from ras_service.settings import RasSettings
from tests.kit.events.incoming import Happened, Marks, encoded, envelope
from tests.kit.events.outboxes import Outboxed, eventually
from tests.kit.events.subscriber import until
from tests.support.apps import KEY, UNUSED_URL
from tests.support.kafka import Kafka, a_name

PAUSE = Backoff(0.02, 0.1)
"""Between attempts of the tests' consumers."""
EFFECTS = "SELECT coalesce(sum(version), 0)::int FROM event_aggregates"


@dataclass
class Topic:
    """One test's own: a topic, its group and its dead letters."""

    kafka: Kafka
    outboxed: Outboxed
    name: str = field(default_factory=lambda: a_name("in"))
    group: str = field(default_factory=lambda: a_name("group"))
    dead: str = field(default_factory=lambda: a_name("dead"))
    others: Sequence[str] = ()

    def events(self, n: int, **changes: Any) -> list[dict[str, Any]]:
        return [envelope(self.name, **changes) for _ in range(n)]

    async def write(self, *events: Any, **options: Any) -> None:
        """In this order, to one partition."""
        await self.kafka.write(self.name, *encoded(*events), **options)

    def consumer(self, marks: Marks) -> Consumer:
        ingest = Ingest(self.outboxed.database, self.handlers(marks))
        group = Group(self.kafka.servers, self.group, frozenset([self.name, *self.others]))
        return Consumer(group, ingest, Producer(self.kafka.servers, "tests", 10), self.dead, PAUSE)

    def handlers(self, marks: Marks) -> Mapping[str, Handler]:
        return dict.fromkeys([self.name, *self.others], Handler(Happened, one_by_one(marks.handle)))

    @asynccontextmanager
    async def consumed(self, marks: Marks) -> AsyncIterator[Consumer]:
        consumer = self.consumer(marks)
        async with working(consumer, stop_seconds=5):
            yield consumer

    @asynccontextmanager
    async def without_database(self) -> AsyncIterator[None]:
        """Those who want a connection inside the block ask for a database that is not there."""
        database = vars(self.outboxed.database)
        there = dict(database)
        database |= vars(Database.open(RasSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL)))
        yield
        database |= there

    async def waits(self, times: int, where: str = "processing") -> None:
        """Until a consumer has failed so often."""
        counted = metrics.CONSUMER_FAILURES.labels(where)._value
        before = counted.get()
        await until(lambda: counted.get() >= before + times)

    async def handled(self, marks: Marks, n: int) -> None:
        await until(lambda: len(marks.handled) >= n, 20)

    async def committed(self, n: int, seconds: float = 20) -> None:
        """Waits until the group is done with so many records."""

        async def done() -> bool:
            return await self.kafka.committed(self.group, self.name) == n

        await eventually(done, seconds)
