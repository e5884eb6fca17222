"""The associations of a class or a student that is about to be deleted."""

from functools import partial
from uuid import UUID

from cms_service.queries import closing
from cms_service.queries.batch_locks import lock_batches_of
from cms_service.settling import settle
from kit.db import Connection
from kit.errors import NotFoundError
from kit.updates import Update


async def close_class(connection: Connection, class_id: UUID, user_id: str) -> list[Update]:
    """The first step of the deletion's transaction. Raises NotFoundError for a class that is not the user's.

    Rejects what is pending, publishes that it is settled, and deletes the UNKNOWN student. It locks the class, which
    the caller then deletes: the database takes it out of its associations and rosters. What this answers the caller
    tells last, together with its own updates.
    """
    batches = partial(closing.batches_of_class, connection, class_id, user_id)
    if not await lock_batches_of(connection, batches, partial(closing.lock_class, connection, class_id, user_id)):
        raise NotFoundError("There is no such class.")
    updates = await settle(connection, await closing.reject_pending(connection, class_id, user_id))
    await closing.delete_placeholder(connection, class_id, user_id)
    return updates


async def close_student(connection: Connection, student_id: UUID, user_id: str) -> list[Update]:
    """As `close_class`, for a student that the caller then deletes: without associations, some batches are settled."""
    batches = partial(closing.batches_of_student, connection, student_id, user_id)
    if not await lock_batches_of(connection, batches, partial(closing.lock_student, connection, student_id, user_id)):
        raise NotFoundError("There is no such student.")
    return await settle(connection, await closing.delete_associations(connection, student_id))
