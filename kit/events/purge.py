"""What is known of events that came in goes when nobody needs it any more. The relay purges those that went out."""

from datetime import timedelta

from kit.background import every
from kit.db import Database
from kit.purge import Purge, oldest
from kit.settings import ServiceSettings

_SECONDS = 600

PROCESSED = Purge("processed_event_purge", oldest("processed_events", key="event_id", moment="processed_at"))
LETTERS = Purge("dead_letter_purge", oldest("dead_letters", key="id", moment="created_at"))


async def purging(settings: ServiceSettings, database: Database) -> None:
    """Until cancelled."""
    processed = timedelta(days=settings.processed_event_retention_days)
    letters = timedelta(days=settings.dead_letter_retention_days)

    async def purge() -> None:
        await PROCESSED.older_than(processed, database)
        await LETTERS.older_than(letters, database)

    await every(_SECONDS, "purge of events", purge)
