"""The root of every subscription."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.types import Info

from gateway.context import Context
from gateway.live.cursor import decode
from gateway.live.hub import Hub, Subscriber
from gateway.live.source import Update, persistently
from gateway.schema.node import uuid_of
from gateway.schema.updates import BatchUpdate, TeacherUpdate
from kit.call import renew_call
from kit.errors import NotFoundError
from ras_service import contract as ras

LiveInfo = Info[Context, Hub]
"""Whoever executes a subscription gives the hub as the root of it."""

LOOKUP_SECONDS = 10

After = Annotated[
    str | None,
    strawberry.argument(description="The cursor of the last update that was seen; null starts with the next to come."),
]
BatchId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="One of the teacher's batches, by its global id or UUID; null is all of them."),
]


def following(
    info: LiveInfo, after: str | None, wanted: Callable[[Update], bool]
) -> AbstractContextManager[Subscriber]:
    """Raises ValidationError for what is no cursor."""
    cursor = decode(None if after is strawberry.UNSET else after)
    return info.root_value.follow(info.context.identity.user_id, cursor, wanted)


async def is_theirs(info: LiveInfo, batch_id: UUID) -> bool:
    """However long RAS is away: the stream is open and silent then, as it is when updates cannot be had."""

    async def ask() -> ras.Batch | None:
        renew_call(LOOKUP_SECONDS)
        return await info.context.loaders.batch_by_id.load(info, batch_id)

    return await persistently(ask) is not None


@strawberry.type(description="What the signed-in teacher is told of while it happens.")
class Subscription:
    @strawberry.subscription(
        description="Where batches stand, each time that it changes. A reader that is slow is told the latest state of "
        "a batch alone. RESOURCE_NOT_FOUND for a batch that is not the teacher's; CURSOR_EXPIRED when what followed "
        "`after` is gone."
    )
    async def batch_updated(
        self, info: LiveInfo, batch_id: BatchId = strawberry.UNSET, after: After = strawberry.UNSET
    ) -> AsyncGenerator[BatchUpdate, None]:
        given = None if batch_id is strawberry.UNSET else batch_id
        one = None if given is None else uuid_of("Batch", given)

        def wanted(update: Update) -> bool:
            payload = update.payload
            return isinstance(payload, ras.BatchStatusUpdated) and (given is None or payload.batch_id == one)

        with following(info, after, wanted) as subscriber:
            # Asked while updates are already kept, so that none falls between.
            if given is not None and not (one and await is_theirs(info, one)):
                raise NotFoundError("There is no such batch.")
            while True:
                yield BatchUpdate.of(await subscriber.next())

    @strawberry.subscription(
        description="Everything that the teacher should know at once: each update once and in order, service by "
        "service; of a batch's status the latest. CURSOR_EXPIRED when what followed `after` is gone."
    )
    async def teacher_updates(
        self, info: LiveInfo, after: After = strawberry.UNSET
    ) -> AsyncGenerator[TeacherUpdate, None]:
        with following(info, after, lambda _: True) as subscriber:
            while True:
                yield TeacherUpdate.of(await subscriber.next())
