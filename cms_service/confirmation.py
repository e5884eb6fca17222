"""A teacher says who wrote which essay of a batch: all of it, or nothing."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from cms_service.changes import Change
from cms_service.contract import AssociationCounts, AssociationStatus
from cms_service.queries import associations
from cms_service.queries.associations import Decided, Member, OwnRow
from cms_service.queries.batch_locks import lock_batches
from cms_service.settling import settle
from kit.db import Connection
from kit.errors import FieldError, NotFoundError, ValidationError


async def confirm(
    connection: Connection, *, batch_id: UUID, user_id: str, decisions: Sequence[Decided]
) -> Change[AssociationCounts]:
    """Raises NotFoundError when nothing of the batch is the user's, ValidationError naming all that may not be."""
    await lock_batches(connection, batch_id)
    rows = {each.essay_id: each for each in await associations.own_rows(connection, batch_id, user_id)}
    if not rows:
        raise NotFoundError("There is no such batch.")
    await _check(connection, rows, decisions, user_id)
    changes = [each for each in decisions if _changes(rows[each.essay_id], each)]
    changed = await associations.decide(connection, changes, user_id) if changes else []
    updates = await settle(connection, changed)
    return Change(await associations.counts(connection, batch_id, user_id), updates=updates)


def _changes(row: OwnRow, decided: Decided) -> bool:
    """Saying again what holds is not a change; saying what the deadline said is: now a teacher has."""
    if decided.student_id is None:
        return row.validation_status is not AssociationStatus.REJECTED
    return (row.validation_status, row.student_id) != (AssociationStatus.CONFIRMED, decided.student_id)


async def _check(
    connection: Connection, rows: Mapping[UUID, OwnRow], decisions: Sequence[Decided], user_id: str
) -> None:
    wanted = {member for each in decisions if (member := _new_member(rows.get(each.essay_id), each))}
    members = await associations.keep_members(connection, wanted, user_id) if wanted else set()
    wrong = []
    for place, each in enumerate(decisions):
        row = rows.get(each.essay_id)
        if row is None:
            wrong.append(FieldError(f"associations.{place}.essay_id", "has no association in this batch"))
        elif row.class_id is None:
            wrong.append(FieldError(f"associations.{place}.essay_id", "is of a class that is deleted"))
        elif (member := _new_member(row, each)) and member not in members:
            wrong.append(FieldError(f"associations.{place}.student_id", "is not a student of the essay's class"))
    if wrong:
        raise ValidationError(wrong)


def _new_member(row: OwnRow | None, decided: Decided) -> Member | None:
    """Who must be found in the class: another student than the row's, or one that nobody may name."""
    if row is None or row.class_id is None or decided.student_id is None:
        return None
    if decided.student_id == row.student_id and not row.unknown:
        return None
    return Member(row.class_id, decided.student_id)
