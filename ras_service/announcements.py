"""What others learn of changed batches: their teachers at once, and whoever waits for results by events."""

from collections.abc import Iterable, Iterator

from kit.db import Connection
from kit.events.envelope import Envelope
from kit.events.outbox import Event
from kit.ids import parse_uuid
from kit.updates import Update
from ras_service.contract import BatchResultsReady, BatchStatusUpdated, UpdateType
from ras_service.events import OUTBOX, RESULTS_READY, TEACHER_NOTIFICATION_REQUESTED, ResultsReady
from ras_service.lifecycle import PUBLIC
from ras_service.rows import BatchRow
from ras_service.work import Change


async def publish(connection: Connection, changes: Iterable[Change]) -> None:
    """Two events for each batch that is completed for the first time."""
    ready = [each for each in changes if each.completed_by]
    await OUTBOX.publish(connection, *(event for each in ready for event in _events(each)))


def _events(change: Change) -> Iterator[Event]:
    row, data = change.after, _results(change.after)
    for kind in (RESULTS_READY, TEACHER_NOTIFICATION_REQUESTED):
        yield Event(kind, row.batch_id, data, _correlation_id(change.completed_by))


def _results(row: BatchRow) -> ResultsReady:
    return ResultsReady(
        batch_id=row.batch_id,
        user_id=row.user_id,
        overall_status=PUBLIC[row.state],
        essay_count=row.essay_count,
        completed_essay_count=row.completed_essay_count,
        failed_essay_count=row.failed_essay_count,
    )


def _correlation_id(envelope: Envelope | None) -> str | None:
    known = parse_uuid(envelope.correlation_id or "") if envelope else None
    return str(known) if known else None


def updates(changes: Iterable[Change]) -> Iterator[Update]:
    """One for each batch of which something that its teacher sees has changed, and one when its results are there."""
    for change in changes:
        status, user_id = _status(change.after), change.after.user_id
        if change.before is None or _status(change.before) != status:
            yield Update(user_id, UpdateType.BATCH_STATUS_UPDATED, status)
        if change.completed_by:
            ready = BatchResultsReady(status.batch_id, status.status)
            yield Update(user_id, UpdateType.BATCH_RESULTS_READY, ready)


def _status(row: BatchRow) -> BatchStatusUpdated:
    return BatchStatusUpdated(
        batch_id=row.batch_id,
        status=PUBLIC[row.state],
        processing_phase=row.current_phase,
        total_essays=row.essay_count,
        completed_essays=row.completed_essay_count,
        failed_essays=row.failed_essay_count,
        completed_at=row.processing_completed_at,
    )
