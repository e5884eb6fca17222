"""A service that is killed: it changes classes as fast as it can, publishes its outbox, and tells what is committed."""

import asyncio
import random
import sys
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import text

from cms_service.settings import CmsSettings
from kit.db import Database
from kit.events.outbox import Event, Outbox
from tests.kit.events.outboxes import KIND, Outboxed, Thing

WRITERS = 4
CREATE = text("""
    INSERT INTO classes (id, name, created_by_user_id, course_id)
    SELECT :id, '1', 'teacher-1', id FROM courses ORDER BY id LIMIT 1
""")
UPDATE = text(
    "UPDATE classes SET name = CAST(CAST(name AS int) + 1 AS text) WHERE id = :id RETURNING CAST(name AS int)"
)


async def write(outboxed: Outboxed) -> None:
    classes: list[UUID] = []
    while True:
        new = not classes or random.random() < 0.1  # noqa: S311
        class_id = uuid4() if new else random.choice(classes)  # noqa: S311
        async with outboxed.database.write() as connection:
            n = 1 if new else await connection.scalar(UPDATE, {"id": class_id})
            if new:
                await connection.execute(CREATE, {"id": class_id})
            [event_id] = await outboxed.outbox.publish(connection, Event(KIND, class_id, Thing(n or 0)))
        if new:
            classes.append(class_id)
        # Only now it is acknowledged.
        print("committed", class_id, n, event_id, flush=True)  # noqa: T201


async def main(url: str, subscriber: str) -> None:
    database = Database.open(CmsSettings(internal_api_key=SecretStr("k"), database_url=url))
    outboxed = Outboxed(database, url, Outbox("crash_writer"))
    async with outboxed.relay({KIND: [subscriber]}):
        await asyncio.gather(*(write(outboxed) for _ in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
