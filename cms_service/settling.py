"""The one event and the teacher updates that follow when associations of a batch and class have been changed."""

from collections.abc import Iterable, Mapping, Sequence

from cms_service.contract import AssociationsSettled, UpdateType
from cms_service.events import (
    ASSOCIATIONS_CONFIRMED,
    OUTBOX,
    ConfirmedAssociation,
    StudentAssociationsConfirmed,
    ValidationSummary,
)
from cms_service.queries import settling
from cms_service.queries.settling import Pair, Standing
from kit.db import Connection
from kit.events.outbox import Event
from kit.updates import Update


async def settle(connection: Connection, changed: Iterable[Pair]) -> list[Update]:
    """After a change by a teacher, or for one; answers what the transaction tells last.

    A pair without a pending association has its event now, unless it has had it; then only the update is written again.
    """
    standings = await _published(connection, changed, timeout_triggered=False)
    told = [each for each in standings if each.published or each.due]
    return [_update(each, UpdateType.STUDENT_ASSOCIATIONS_CONFIRMED) for each in told]


async def settle_unmatched(connection: Connection, pair: Pair) -> list[Update]:
    """After a matching that stored nothing: when nothing is pending either there is nothing to wait for."""
    standings = await _published(connection, [pair], timeout_triggered=False)
    return [_update(each, UpdateType.STUDENT_ASSOCIATIONS_CONFIRMED) for each in standings if each.due]


async def settle_timeout(connection: Connection, changed: Iterable[Pair]) -> list[Update]:
    """After the deadline has confirmed associations. The teacher learns of it while others are pending, too."""
    standings = await _published(connection, changed, timeout_triggered=True)
    return [_update(each, UpdateType.VALIDATION_TIMEOUT_PROCESSED) for each in standings]


async def _published(connection: Connection, changed: Iterable[Pair], *, timeout_triggered: bool) -> list[Standing]:
    """Publishes what is due, and answers where the pairs stood before."""
    pairs = sorted(set(changed))
    standings = await settling.standings(connection, pairs) if pairs else []
    due = [each for each in standings if each.due]
    if due:
        found = await settling.confirmed(connection, [each.pair for each in due])
        events = _events(due, found, timeout_triggered=timeout_triggered)
        event_ids = await OUTBOX.publish(connection, *events)
        await settling.mark(connection, [each.pair for each in due], event_ids)
    return standings


def _events(
    due: Sequence[Standing], found: Mapping[Pair, list[ConfirmedAssociation]], *, timeout_triggered: bool
) -> list[Event]:
    return [
        Event(
            ASSOCIATIONS_CONFIRMED,
            each.pair.batch_id,
            StudentAssociationsConfirmed(
                each.pair.batch_id,
                each.pair.class_id,
                each.course_code,
                timeout_triggered,
                found[each.pair],
                ValidationSummary(each.total, each.confirmed, each.rejected),
            ),
        )
        for each in due
    ]


def _update(standing: Standing, kind: UpdateType) -> Update:
    return Update(
        standing.user_id,
        kind,
        AssociationsSettled(standing.pair.batch_id, standing.pair.class_id, standing.confirmed, standing.rejected),
    )
