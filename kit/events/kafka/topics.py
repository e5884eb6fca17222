"""The relay's way to Kafka."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from kit.events.kafka.producer import REFUSALS, Producer, Record
from kit.events.transport import EVERY_TYPE, Outcome, Row, Transport

NAME = "kafka"


class Topics:
    """Each event goes to the topic of its type."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def send(self, rows: Sequence[Row]) -> Outcome:
        outcome = Outcome()
        results = await self._producer.send([_record(row) for row in rows])
        for row, error in zip(rows, results, strict=True):
            if error is None:
                outcome.delivered.append(row.position)
            elif isinstance(error, REFUSALS):
                outcome.refused[row.position] = repr(error)
            else:
                outcome.away = repr(error)
        return outcome


def _record(row: Row) -> Record:
    headers = (("event_id", str(row.event_id).encode()), ("correlation_id", row.correlation_id.encode()))
    return Record(row.event_type, str(row.aggregate_id).encode(), row.body, headers)


@asynccontextmanager
async def kafka_transport(servers: str, client_id: str, *, seconds: float) -> AsyncIterator[Transport]:
    """`seconds` is for what is sent at once."""
    producer = Producer(servers, client_id, seconds)
    try:
        yield Transport({NAME: Topics(producer)}, {EVERY_TYPE: [NAME]})
    finally:
        await producer.close()
