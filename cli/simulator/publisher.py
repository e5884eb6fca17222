"""Events out, at least once: what a service does not take at the moment is sent again until it does."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from cli.simulator.events import BatchEvent
from cli.simulator.refused import RefusedError
from kit.events.backoff import Backoff
from kit.events.envelope import Metadata, Published
from kit.events.outbox import lane_of
from kit.events.transport import EVERY_TYPE, Row, Transport
from kit.responses import encode_json

BACKOFF = Backoff(first=0.1, longest=5)
"""For whoever cannot be reached."""


class Publisher:
    """`tell` is given what a person may want to know."""

    def __init__(self, transport: Transport, tell: Callable[[str], None]) -> None:
        self._transport = transport
        self._tell = tell
        self._positions = count(1)

    def of_batch(self, batch_id: UUID) -> "BatchPublisher":
        return BatchPublisher(self, batch_id)

    async def deliver(self, envelope: Published) -> None:
        """Returns when everybody who consumes it has it. Raises RefusedError."""
        row = Row(
            position=next(self._positions),
            lane=lane_of(envelope.metadata.aggregate_id),
            aggregate_id=envelope.metadata.aggregate_id,
            event_id=envelope.event_id,
            event_type=envelope.event_type,
            correlation_id=envelope.correlation_id,
            body=encode_json(envelope),
            attempts=0,
        )
        routes = self._transport.routes
        await asyncio.gather(
            *(self._deliver(name, row) for name in routes.get(row.event_type, routes.get(EVERY_TYPE, ())))
        )

    async def _deliver(self, name: str, row: Row) -> None:
        failures = 0
        while True:
            outcome = await self._transport.destinations[name].send([row])
            if row.position in outcome.delivered:
                return
            if row.position in outcome.refused:
                raise RefusedError(f"{name} refuses {row.event_type}: {outcome.refused[row.position]}")
            failures += 1
            if failures == 1:
                self._tell(f"{name} is away, and tried again: {outcome.away}")
            await asyncio.sleep(max(BACKOFF.after(failures), outcome.retry_after))


class BatchPublisher:
    """The events of one batch, one after the other."""

    def __init__(self, publisher: Publisher, batch_id: UUID) -> None:
        self._publisher = publisher
        self._batch_id = batch_id
        self._correlation_id = str(uuid4())
        self._versions = count(1)

    async def __call__(self, data: BatchEvent) -> None:
        """Raises RefusedError."""
        await self._publisher.deliver(
            Published(
                event_id=uuid4(),
                event_type=data.kind.type,
                event_timestamp=datetime.now(UTC),
                source_service=data.kind.source,
                correlation_id=self._correlation_id,
                data=data,
                metadata=Metadata(self._batch_id, next(self._versions)),
            )
        )
