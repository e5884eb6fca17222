"""Batches that are new, and registrations that contradict what is known.

Whoever registers a batch again with the same essays for the same user may say the rest anew, as any two events about
one field. Another user's or with other essays, it contradicts the first that came, which stands: the events of essays
that nobody had registered are gone.
"""

from uuid import UUID

from kit.events.envelope import Envelope
from ras_service.events import BatchEssaysRegistered
from ras_service.projection import Projected, batch_type
from ras_service.rows import BatchRow, EssayRow
from ras_service.work import Work


def register(work: Work, envelope: Envelope, data: BatchEssaysRegistered) -> str | None:
    """Adds the batch unless it is known. Answers why the registration is refused, if it is."""
    reason = _misfit(data) or _conflict(work, data)
    if reason is None and data.batch_id not in work.batches:
        work.add(_registered(envelope, data))
    return reason


def _misfit(data: BatchEssaysRegistered) -> str | None:
    size = len(data.essay_ids)
    if data.expected_essay_count != size:
        return f"expected_essay_count is {data.expected_essay_count}, and essay_ids has {size}"
    if len(set(data.essay_ids)) != size:
        return "essay_ids has an essay twice"
    return None


def _conflict(work: Work, data: BatchEssaysRegistered) -> str | None:
    for essay_id in data.essay_ids:
        owner = work.owners.get(essay_id, data.batch_id)
        if owner != data.batch_id:
            return f"essay {essay_id} is of batch {owner}"
    known = work.batches.get(data.batch_id)
    if known and known.row.user_id != data.user_id:
        return f"batch {data.batch_id} is registered for another user"
    if known and not _same_essays(known, data.essay_ids):
        return f"batch {data.batch_id} is registered with other essays"
    return None


def _same_essays(known: Projected, essay_ids: list[UUID]) -> bool:
    positions = [known.essays[each].position if each in known.essays else None for each in essay_ids]
    return positions == list(range(known.row.essay_count))


def _registered(envelope: Envelope, data: BatchEssaysRegistered) -> Projected:
    """Without what the event is still to say of it."""
    at = envelope.event_timestamp
    row = BatchRow(
        batch_id=data.batch_id,
        user_id=data.user_id,
        batch_type=batch_type(data),
        essay_count=len(data.essay_ids),
        created_at=at,
        updated_at=at,
    )
    essays = {
        essay_id: EssayRow(essay_id=essay_id, batch_id=data.batch_id, position=position, updated_at=at)
        for position, essay_id in enumerate(data.essay_ids)
    }
    return Projected(row, essays)
