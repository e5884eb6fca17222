"""Handlers that take several events at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.handling import Handled, Handler, Handlers, Unprocessable
from kit.events.ingest import Ingest
from kit.events.reading import Incoming
from kit.updates import Update, Updates
from ras_service.contract import UpdateType
from tests.kit.events.incoming import KIND, OTHER, Happened, encoded, envelope, fault
from tests.kit.events.outboxes import Outboxed

PROCESSED = "SELECT CAST(event_id AS text) FROM processed_events ORDER BY 1"


@dataclass
class Together:
    """Refuses what has a fault, and tells of the rest."""

    taken: list[list[str]] = field(default_factory=list)

    async def handle(self, _: AsyncConnection, events: Sequence[Incoming]) -> Handled:
        self.taken.append([str(each.envelope.event_id) for each in events])
        refused = {each.envelope.event_id: "faulty" for each in events if each.data.fault == "refused"}
        if any(each.data.fault == "unprocessable" for each in events):
            raise Unprocessable("one of them is")
        updates = [
            Update("teacher-1", UpdateType.BATCH_RESULTS_READY, {"n": each.data.n})
            for each in events
            if each.envelope.event_id not in refused
        ]
        return Handled(updates, refused)

    async def handle_others(self, connection: AsyncConnection, events: Sequence[Incoming]) -> Handled:
        return await self.handle(connection, events)

    @property
    def table(self) -> Handlers:
        return {KIND: Handler(Happened, self.handle), OTHER: Handler(Happened, self.handle)}


def numbered(n: int, kind: str = KIND) -> dict[str, Any]:
    return envelope(kind, data={"aggregate_id": str(uuid4()), "n": n})


def ids(events: Sequence[dict[str, Any]]) -> list[str]:
    return [each["event_id"] for each in events]


async def test_types_that_share_a_handler_come_together_and_new_ones_alone(outboxed: Outboxed) -> None:
    together = Together()
    events = [numbered(n, (KIND, OTHER)[n % 2]) for n in range(4)]
    ingest = Ingest(outboxed.database, together.table)
    await ingest.process(encoded(events[1]))
    await ingest.process(encoded(*events, events[0]))
    assert together.taken == [[events[1]["event_id"]], ids([events[0], *events[2:]])]


async def test_handlers_take_turns_in_the_order_of_events(outboxed: Outboxed) -> None:
    together = Together()
    table = {KIND: Handler(Happened, together.handle), OTHER: Handler(Happened, together.handle_others)}
    events = [numbered(n, kind) for n, kind in enumerate((KIND, KIND, OTHER, KIND))]
    await Ingest(outboxed.database, table).process(encoded(*events))
    assert together.taken == [ids(events[:2]), ids(events[2:3]), ids(events[3:])]


async def test_what_is_refused_is_dead_the_rest_is_not_tried_again(outboxed: Outboxed) -> None:
    together = Together()
    ingest = Ingest(outboxed.database, together.table)
    good, bad = [numbered(0), numbered(1)], [fault("refused"), fault("refused")]
    answer = await ingest.process(encoded(good[0], bad[0], good[1], bad[1]))
    assert (answer.accepted, answer.duplicates) == (2, 0)
    assert [(dead.index, str(dead.event_id), dead.reason) for dead in answer.dead] == [
        (1, bad[0]["event_id"], "faulty"),
        (3, bad[1]["event_id"], "faulty"),
    ]
    assert len(together.taken) == 1
    assert [each for (each,) in await outboxed.rows(PROCESSED)] == sorted(ids(good))
    assert [UUID(each["event_id"]) for each in bad] == [
        each for (each,) in await outboxed.rows("SELECT event_id FROM dead_letters ORDER BY id")
    ]
    # It may come again, and live.
    del bad[0]["data"]["fault"]
    again = await ingest.process(encoded(*bad, *good))
    assert (again.accepted, again.duplicates, [dead.index for dead in again.dead]) == (1, 2, [1])


async def test_one_that_nobody_can_name_is_found_by_halves(outboxed: Outboxed) -> None:
    together = Together()
    events = [numbered(n) for n in range(8)]
    events[5] = fault("unprocessable")
    answer = await Ingest(outboxed.database, together.table).process(encoded(*events))
    assert (answer.accepted, [dead.index for dead in answer.dead]) == (7, [5])
    assert [len(each) for each in together.taken] == [8, 4, 4, 2, 1, 1, 2]


async def test_updates_are_told_once_and_last(outboxed: Outboxed) -> None:
    together = Together()
    table = {KIND: Handler(Happened, together.handle), OTHER: Handler(Happened, together.handle_others)}
    async with outboxed.database.write() as connection:
        await connection.execute(text("TRUNCATE teacher_updates"))
    seen: list[int] = []

    class Counting(Updates):
        async def tell(self, connection: AsyncConnection, *updates: Update) -> None:
            seen.append(len(updates))
            await super().tell(connection, *updates)

    events = [numbered(n, kind) for n, kind in enumerate((KIND, OTHER, KIND))]
    await Ingest(outboxed.database, table, Counting()).process(encoded(*events))
    assert seen == [3]
    rows = await outboxed.rows("SELECT payload ->> 'n' FROM teacher_updates ORDER BY seq")
    assert [n for (n,) in rows] == ["0", "1", "2"]
