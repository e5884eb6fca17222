"""How fast RAS takes events in from Kafka: a backlog is there before a RAS of its own begins to read."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

import msgspec

from benchmarks.errors import BenchmarkError
from benchmarks.load import Outcome
from benchmarks.processes import answer, free_ports, started, wait_until_answering
from benchmarks.services.stories import OPENING_STEPS, steps
from cli.school.copying import connect
from kit.events.envelope import Envelope
from kit.events.kafka.producer import Producer, Record
from ras_service.settings import RasSettings

_AT_ONCE = 1000
_SEND_SECONDS = 30
_GIVE_UP_SECONDS = 60
_LOOK_SECONDS = 0.05
_PROCESSED = """
    SELECT count(*), extract(epoch FROM clock_timestamp() - min(processed_at))::float,
           (SELECT count(*) FROM dead_letters WHERE created_at > $1)
    FROM processed_events WHERE processed_at > $1
"""
"""The seconds are those since the first of their transactions began."""


@dataclass(frozen=True, slots=True)
class Consuming:
    """`environment` is that of a RAS without Kafka."""

    environment: Mapping[str, str]
    ras_url: str
    logs: Path

    def consume(self, events: int) -> Outcome:
        """`events`, and those of the opening. The clock runs from the first transaction to the last."""
        made = steps()
        backlog = list(chain.from_iterable(islice(made, OPENING_STEPS)))
        backlog += islice(chain.from_iterable(made), events)
        with ExitStack() as running:
            command = ("-m", "benchmarks.brokers")
            brokers = started("brokers", *command, logs=self.logs, environment=self.environment, answers=True)
            servers = answer(running.enter_context(brokers)).decode().strip()
            asyncio.run(_produce(servers, backlog))
            since = asyncio.run(self._now())
            self._start(running, servers)
            return asyncio.run(self._until_processed(len(backlog), since))

    def _start(self, running: ExitStack, servers: str) -> None:
        [port] = free_ports(1)
        names = RasSettings.variables()
        own = {names["kafka_bootstrap_servers"]: servers, names["port"]: str(port)}
        command = ("-m", "cli.main", "serve", "ras", "--with-parent")
        process = running.enter_context(
            started("ras-kafka", *command, logs=self.logs, environment={**self.environment, **own})
        )
        wait_until_answering("ras-kafka", process, port, self.logs)

    async def _now(self) -> datetime:
        async with connect(self.ras_url) as connection:
            now: datetime = await connection.fetchval("SELECT clock_timestamp()")
            return now

    async def _until_processed(self, events: int, since: datetime) -> Outcome:
        try:
            async with connect(self.ras_url) as connection, asyncio.timeout(_GIVE_UP_SECONDS):
                while True:
                    processed, seconds, dead = await connection.fetchrow(_PROCESSED, since) or (0, 0.0, 0)
                    if processed + dead >= events:
                        failures = {"events that are dead": dead} if dead else {}
                        return Outcome(seconds, done=events - dead, failures=failures)
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise BenchmarkError(f"{events} events were not processed in {_GIVE_UP_SECONDS} s") from None


async def _produce(servers: str, backlog: Sequence[bytes]) -> None:
    producer = Producer(servers, "benchmarks", _SEND_SECONDS)
    try:
        for start in range(0, len(backlog), _AT_ONCE):
            results = await producer.send([_record(each) for each in backlog[start : start + _AT_ONCE]])
            if failed := [each for each in results if each]:
                raise BenchmarkError(f"the brokers did not take an event: {failed[0]!r}")
    finally:
        await producer.close()


def _record(body: bytes) -> Record:
    envelope = msgspec.json.decode(body, type=Envelope)
    assert envelope.aggregate
    return Record(envelope.event_type, str(envelope.aggregate.aggregate_id).encode(), body, ())
