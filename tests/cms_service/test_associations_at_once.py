"""All that changes associations, all at once, in few batches of one teacher's few classes."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from cms_service import roster
from cms_service.changes import Change
from cms_service.confirmation import confirm
from cms_service.deadlines import Monitor
from cms_service.events import OUTBOX, AuthorMatchesSuggested, EssayMatches, SuggestedStudent
from cms_service.matching import match
from cms_service.queries.associations import Decided
from cms_service.tables import EssayAssociation
from kit.db import Connection
from kit.errors import NotFoundError, ValidationError
from kit.events.handling import Unprocessable
from kit.updates import Updates
from tests.support.authorship import published
from tests.support.cms_replicas import DAY, UPDATES, Cms, pairs_of, replicated, teacher
from tests.support.databases import Databases

SECONDS = 5
BATCHES = [UUID(int=n + 1) for n in range(12)]
OWNER = teacher(0)

# Settled, and nobody was told; or of no class, and still pending.
FORGOTTEN = text("""
    SELECT batch_id, class_id FROM essay_student_associations AS a
    GROUP BY batch_id, class_id HAVING CASE WHEN class_id IS NULL
        THEN bool_or(validation_status = 'pending_validation')
        ELSE NOT bool_or(validation_status = 'pending_validation') AND NOT EXISTS (
            SELECT FROM association_confirmations AS m WHERE m.batch_id = a.batch_id AND m.class_id = a.class_id
        )
    END
""")


class Turmoil:
    """What is refused for a reason is tried again with something else; whatever else goes wrong ends the test."""

    def __init__(self, cms: Cms, class_ids: list[UUID], student_ids: list[UUID]) -> None:
        self.cms = cms
        self.class_ids = class_ids
        self.student_ids = student_ids
        self.done: Counter[str] = Counter()
        self.until = time.monotonic() + SECONDS

    async def repeat(self, work: Callable[[Random], Awaitable[None]], pause: float = 0) -> None:
        random = Random(f"{work.__name__} {pause}")  # noqa: S311  hides nothing
        while time.monotonic() < self.until:
            await asyncio.sleep(pause)
            try:
                await work(random)
            except (ValidationError, NotFoundError, Unprocessable):
                continue
            self.done[work.__name__] += 1

    async def match(self, random: Random) -> None:
        essays = [
            EssayMatches(
                uuid4(), [SuggestedStudent(each, random.random()) for each in random.sample(self.student_ids, 8)]
            )
            for _ in range(3)
        ]
        data = AuthorMatchesSuggested(random.choice(BATCHES), random.choice(self.class_ids), essays)
        async with self.cms.database.write() as connection:
            await UPDATES.tell(connection, *await match(connection, data, DAY))

    async def confirm(self, random: Random) -> None:
        batch_id = random.choice(BATCHES)
        columns = select(EssayAssociation.essay_id, EssayAssociation.student_id)
        some = EssayAssociation.batch_id == batch_id, EssayAssociation.class_id.is_not(None)
        async with self.cms.database.read() as connection:
            rows = (await connection.execute(columns.where(*some))).all()
        said = [
            Decided(row.essay_id, random.choice([row.student_id, None])) for row in random.sample(rows, len(rows) // 2)
        ]
        async with self.cms.database.write() as connection:
            await self.tell(connection, await confirm(connection, batch_id=batch_id, user_id=OWNER, decisions=said))

    async def delete_student(self, random: Random) -> None:
        async with self.cms.database.write() as connection:
            await self.tell(connection, await roster.delete_student(connection, OWNER, random.choice(self.student_ids)))

    async def delete_class(self, random: Random) -> None:
        async with self.cms.database.write() as connection:
            await self.tell(connection, await roster.delete_class(connection, OWNER, random.choice(self.class_ids)))

    async def tell(self, connection: Connection, change: Change[Any]) -> None:
        await OUTBOX.publish(connection, *change.events)
        await UPDATES.tell(connection, *change.updates)

    async def monitor(self, _: Random) -> None:
        looked = await Monitor(self.cms.database, Updates(), timedelta(seconds=0.3), 0.7).look()
        assert looked.failed == 0
        self.done["timed out"] += looked.associations


async def test_nothing_deadlocks_and_nothing_is_told_twice_or_never(databases: Databases) -> None:
    async with replicated(databases) as cms:
        class_ids, student_ids = await cms.school(6, teachers=1)
        student_ids += [await cms.student(class_id) for class_id in class_ids for _ in range(9)]
        all_ = Turmoil(cms, class_ids, student_ids)
        await asyncio.gather(
            *(all_.repeat(all_.match, pause) for pause in (0.001, 0.002)),
            *(all_.repeat(all_.confirm, pause) for pause in (0.001, 0.002, 0.003)),
            *(all_.repeat(all_.monitor, pause) for pause in (0.05, 0.06)),
            all_.repeat(all_.delete_student, 0.1),
            all_.repeat(all_.delete_class, 1.5),
        )
        assert min(all_.done[each] for each in ("match", "confirm", "delete_student", "delete_class", "timed out")) > 0
        assert set(pairs_of(await published(cms.database)).values()) == {1}
        async with cms.database.read() as connection:
            assert (await connection.execute(FORGOTTEN)).all() == []
