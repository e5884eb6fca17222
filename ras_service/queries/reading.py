"""RAS's reads of batches, each one statement, made once: putting one together takes longer than running it."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Uuid,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from kit.driver import Prepared, Reading
from kit.keyed import PARENTS, USER_ID
from kit.outgoing import outgoing
from kit.paging import Window
from ras_service.contract import Batch, BatchById, BatchWithEssays, Essay
from ras_service.lifecycle import PUBLIC, BatchState
from ras_service.tables import BatchCount, BatchResult

AFTER = tuple_(bindparam("after_created_at", type_=DateTime(timezone=True)), bindparam("after_batch_id", type_=Uuid))

BATCH = (
    BatchResult.batch_id,
    BatchResult.user_id,
    BatchResult.assignment_id,
    func.coalesce(BatchResult.title, BatchResult.assignment_id).label("title"),
    BatchResult.batch_type,
    BatchResult.state,
    BatchResult.current_phase,
    BatchResult.requested_pipelines,
    BatchResult.essay_count,
    BatchResult.completed_essay_count,
    BatchResult.failed_essay_count,
    BatchResult.created_at,
    BatchResult.updated_at,
    BatchResult.processing_started_at,
    BatchResult.processing_completed_at,
)
"""In the order of the contract's fields."""
_FIELDS = [each.name for each in fields(Batch)]
_STATUS = _FIELDS.index("overall_status")
"""Where the state is, which the public does not see."""
_SHOWN = {state.value: status.value for state, status in PUBLIC.items()}
_made, _whole = outgoing(Batch), outgoing(BatchWithEssays)


async def page(
    connection: Reading, user_id: str, states: Sequence[BatchState], window: Window
) -> tuple[list[Batch], int]:
    """One more batch than the window's limit when there are more, and the length of the whole list."""
    parameters = {
        "user_id": user_id,
        "take": window.limit + 1,
        "skip": window.offset,
        "reach": window.offset + window.limit + 1,
    }
    if window.after:
        parameters["after_created_at"], parameters["after_batch_id"] = window.after
    rows = await _page(tuple(states), keyset=window.after is not None).rows(connection, **parameters)
    return [_batch(row, 1) for row in rows if row[1] is not None], rows[0][0]


@lru_cache(256)
def _page(states: tuple[BatchState, ...], *, keyset: bool) -> Prepared:
    """One statement, hence one snapshot; the outer join keeps the total of a page without rows."""
    total = (
        select(func.coalesce(cast(func.sum(BatchCount.n), BigInteger), 0).label("total"))
        .where(
            BatchCount.user_id == USER_ID, *([or_(*(BatchCount.state == each for each in states))] if states else [])
        )
        .subquery("counted")
    )
    listed = _listed(states, keyset=keyset).subquery("listed")
    return Prepared(
        select(total.c.total, listed)
        .join_from(total, listed, true(), isouter=True)
        .order_by(listed.c.created_at.desc(), listed.c.batch_id.desc()),
        labels=False,
    )


def _listed(states: Sequence[BatchState], *, keyset: bool) -> Select[*tuple[Any, ...]]:
    """Each state is a range of its own in the index, already in order, so a page costs the same however deep."""
    ranges = [_range(BatchResult.state == state, keyset=keyset) for state in states]
    if len(ranges) > 1:
        merged = union_all(*(each.limit(bindparam("reach", type_=BigInteger)) for each in ranges)).subquery("merged")
        page: Select[*tuple[Any, ...]] = select(merged).order_by(merged.c.created_at.desc(), merged.c.batch_id.desc())
    else:
        page = ranges[0] if ranges else _range(keyset=keyset)
    return page.offset(bindparam("skip", type_=BigInteger)).limit(bindparam("take", type_=BigInteger))


def _range(*conditions: ColumnElement[bool], keyset: bool) -> Select[*tuple[Any, ...]]:
    key = tuple_(BatchResult.created_at, BatchResult.batch_id)
    after = [key < AFTER] if keyset else []
    return (
        select(*BATCH)
        .where(BatchResult.user_id == USER_ID, *conditions, *after)
        .order_by(BatchResult.created_at.desc(), BatchResult.batch_id.desc())
    )


async def batches(connection: Reading, batch_ids: Sequence[UUID], user_id: str | None) -> BatchById:
    """A key for each id asked; null where there is none, or it is not the user's."""
    theirs = {} if user_id is None else {"user_id": user_id}
    rows = await _batches(user_id is not None).rows(connection, parents=batch_ids, **theirs)
    found: BatchById = dict.fromkeys(batch_ids)
    for row in rows:
        found[row[0]] = _batch(row)
    return found


@cache
def _batches(scoped: bool) -> Prepared:
    theirs = [BatchResult.user_id == USER_ID] if scoped else []
    return Prepared(select(*BATCH).where(BatchResult.batch_id == PARENTS, *theirs), labels=False)


def _batch(row: Sequence[Any], first: int = 0) -> Batch:
    state = first + _STATUS
    return _made(*row[first:state], _SHOWN[row[state]], *row[state + 1 :])


def with_essays(batch: Batch, essays: Sequence[Essay]) -> BatchWithEssays:
    return _whole(*(getattr(batch, name) for name in _FIELDS), essays)
