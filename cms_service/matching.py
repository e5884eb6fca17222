"""What CMS makes of the pipeline's events: which class a batch is of, and suggestions of who wrote which essay."""

from datetime import timedelta

from cms_service.contract import ConfirmationRequired, UpdateType
from cms_service.events import (
    AUTHOR_MATCHES_SUGGESTED,
    BATCH_ESSAYS_REGISTERED,
    AuthorMatchesSuggested,
    BatchEssaysRegistered,
)
from cms_service.queries import matching
from cms_service.queries.batch_locks import lock_batches
from cms_service.queries.matching import Suggestion
from cms_service.queries.settling import Pair
from cms_service.settling import settle_unmatched
from kit.db import Connection
from kit.events.envelope import Envelope
from kit.events.handling import Handler, Handlers, Unprocessable, one_by_one
from kit.updates import Update


def handlers(patience: timedelta) -> Handlers:
    """`patience`: how long an association may wait for its teacher."""

    async def on_matches(connection: Connection, _: Envelope, data: AuthorMatchesSuggested) -> list[Update]:
        return await match(connection, data, patience)

    return {
        BATCH_ESSAYS_REGISTERED: Handler(BatchEssaysRegistered, one_by_one(register)),
        AUTHOR_MATCHES_SUGGESTED: Handler(AuthorMatchesSuggested, one_by_one(on_matches), alone=True),
    }


async def register(connection: Connection, envelope: Envelope, data: BatchEssaysRegistered) -> None:
    if data.class_id:
        await matching.register(
            connection,
            batch_id=data.batch_id,
            class_id=data.class_id,
            user_id=data.user_id,
            created_at=envelope.event_timestamp,
        )


async def match(connection: Connection, data: AuthorMatchesSuggested, patience: timedelta) -> list[Update]:
    """Answers what the transaction tells last. Raises Unprocessable for an unknown class."""
    await lock_batches(connection, data.batch_id)
    owner = await matching.keep_class(connection, data.class_id)
    if owner is None:
        raise Unprocessable(f"there is no class {data.class_id}")
    suggestions = [
        Suggestion(essay.essay_id, each.student_id, each.confidence_score, each.match_reasons)
        for essay in data.match_results
        for each in essay.suggestions
    ]
    if await matching.store(connection, data.batch_id, data.class_id, owner, suggestions):
        return [await _required(connection, data, owner, patience)]
    return await settle_unmatched(connection, Pair(data.batch_id, data.class_id))


async def _required(connection: Connection, data: AuthorMatchesSuggested, owner: str, patience: timedelta) -> Update:
    waiting = await matching.waiting(connection, data.batch_id, owner)
    assert waiting.earliest
    required = ConfirmationRequired(data.batch_id, waiting.pending, waiting.earliest + patience)
    return Update(owner, UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED, required)
