"""The batches that one transaction works on: as they were, and as the events at hand leave them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from prometheus_client import Counter

from kit.db import Connection
from kit.events.envelope import Envelope
from kit.events.reading import Incoming
from ras_service.events import PipelineCompleted
from ras_service.lifecycle import COMPLETED
from ras_service.projection import Projected, project
from ras_service.queries import projecting
from ras_service.rows import BatchRow, EssayRow, Said

STRANGERS = Counter("event_unknown_essays", "Essays that events named and their batch does not have.", ["type"])


class Change(NamedTuple):
    """Of one batch. `before` is None for one that is new.

    `completed_by`: the event that completed it now, for the first time.
    """

    before: BatchRow | None
    after: BatchRow
    completed_by: Envelope | None


@dataclass(slots=True)
class Work:
    """`batches` are those that are registered, by this transaction or before; `owners` are the batches of essays.

    `stored` and `stored_essays` are as they were before.
    """

    batches: dict[UUID, Projected] = field(default_factory=dict)
    owners: dict[UUID, UUID] = field(default_factory=dict)
    stored: dict[UUID, BatchRow] = field(default_factory=dict)
    stored_essays: dict[UUID, EssayRow] = field(default_factory=dict)
    completing: dict[UUID, Envelope] = field(default_factory=dict)
    ends: list[Incoming] = field(default_factory=list)

    @property
    def new(self) -> list[Projected]:
        return [each for batch_id, each in self.batches.items() if batch_id not in self.stored]

    def add(self, batch: Projected) -> None:
        """One that is not stored yet."""
        self.batches[batch.row.batch_id] = batch
        self.owners |= dict.fromkeys(batch.essays, batch.row.batch_id)

    def project(self, event: Incoming) -> None:
        """Of a batch that is registered."""
        batch, kind = self.batches[event.data.batch_id], event.envelope.event_type
        before = batch.row.state
        project(batch, kind, event.data, Said.by(event.envelope))
        strangers = sum(essay_id not in batch.essays for essay_id in event.data.named)
        if strangers:
            STRANGERS.labels(kind).inc(strangers)
        if batch.row.state is not before and batch.row.state in COMPLETED:
            self.completing[batch.row.batch_id] = event.envelope
        if isinstance(event.data, PipelineCompleted):
            self.ends.append(event)

    def changes(self) -> Iterator[Change]:
        """Of the batches whose rows are not as they were."""
        for batch_id, batch in self.batches.items():
            before, after = self.stored.get(batch_id), batch.row
            if before != after:
                first = after.state in COMPLETED and not (before and before.state in COMPLETED)
                yield Change(before, after, self.completing.get(batch_id) if first else None)

    def changed_essays(self) -> list[EssayRow]:
        """Of those stored before."""
        now = (each for batch in self.batches.values() for each in batch.essays.values())
        return [each for each in now if each != self.stored_essays.get(each.essay_id, each)]


async def begin(connection: Connection, events: Iterable[Incoming]) -> Work:
    """Locks the batches of these events, and has those that are registered with the essays that the events name."""
    known = list(events)
    batch_ids = sorted({each.data.batch_id for each in known})
    await projecting.lock_unregistered(connection, batch_ids)
    work = Work()
    for row in await projecting.batches(connection, batch_ids):
        work.stored[row.batch_id] = row
        work.batches[row.batch_id] = Projected(row.copied())
    for essay in await _essays(connection, {essay_id for each in known for essay_id in each.data.named}):
        work.owners[essay.essay_id] = essay.batch_id
        work.stored_essays[essay.essay_id] = essay
        if essay.batch_id in work.batches:
            work.batches[essay.batch_id].essays[essay.essay_id] = essay.copied()
    return work


async def _essays(connection: Connection, essay_ids: Iterable[UUID]) -> Sequence[EssayRow]:
    named = list(essay_ids)
    return await projecting.essays(connection, named) if named else []
