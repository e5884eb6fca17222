"""RAS's reads."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Row,
    RowMapping,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import any_of
from kit.paging import Window
from ras_service.contract import Batch, BatchById, Essay, PhaseResult, Stages
from ras_service.lifecycle import PUBLIC, BatchState
from ras_service.tables import BatchCount, BatchResult, EssayResult

USER_ID = bindparam("user_id", type_=Text)
AFTER = tuple_(bindparam("after_created_at", type_=DateTime(timezone=True)), bindparam("after_batch_id", type_=Uuid))

_SAME = [each.name for each in fields(Batch) if each.name != "overall_status"]
"""Fields of a batch that are columns of that name."""

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


async def page(
    connection: AsyncConnection, user_id: str, states: Sequence[BatchState], window: Window
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
    rows = await connection.execute(_page(tuple(states), keyset=window.after is not None), parameters)
    found = rows.mappings().all()
    return [_batch(row) for row in found if row["batch_id"] is not None], found[0]["total"]


@lru_cache(256)
def _page(states: tuple[BatchState, ...], *, keyset: bool) -> Select[*tuple[Any, ...]]:
    """One statement, hence one snapshot; the outer join keeps the total of a page without rows."""
    total = (
        select(func.coalesce(cast(func.sum(BatchCount.n), BigInteger), 0).label("total"))
        .where(BatchCount.user_id == USER_ID, *([BatchCount.state.in_(states)] if states else []))
        .subquery("counted")
    )
    listed = _listed(states, keyset=keyset).subquery("listed")
    return (
        select(total.c.total, listed)
        .join_from(total, listed, true(), isouter=True)
        .order_by(listed.c.created_at.desc(), listed.c.batch_id.desc())
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


async def batches(connection: AsyncConnection, batch_ids: Sequence[UUID], user_id: str | None) -> BatchById:
    """A key for each id asked; null where there is none, or it is not the user's."""
    theirs = [BatchResult.user_id == user_id] if user_id else []
    rows = await connection.execute(select(*BATCH).where(BatchResult.batch_id == any_of(batch_ids), *theirs))
    found = {row["batch_id"]: _batch(row) for row in rows.mappings()}
    return {batch_id: found.get(batch_id) for batch_id in batch_ids}


async def essays(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> dict[UUID, list[Essay]]:
    """The essays of each batch, in the order of registration."""
    rows = await connection.execute(
        select(EssayResult.__table__)
        .where(EssayResult.batch_id == any_of(batch_ids))
        .order_by(EssayResult.batch_id, EssayResult.position)
    )
    by_batch: dict[UUID, list[Essay]] = defaultdict(list)
    for row in rows:
        by_batch[row.batch_id].append(_essay(row))
    return by_batch


def _batch(row: RowMapping) -> Batch:
    return Batch(overall_status=PUBLIC[row["state"]], **{name: row[name] for name in _SAME})


def _essay(row: Row[Any]) -> Essay:
    return Essay(
        essay_id=row.essay_id,
        batch_id=row.batch_id,
        filename=row.filename,
        stages=Stages(
            spellcheck=PhaseResult(row.spellcheck_stage, row.spellcheck_error),
            nlp=PhaseResult(row.nlp_stage, row.nlp_error),
            cj_assessment=PhaseResult(row.cj_assessment_stage, row.cj_assessment_error),
            ai_feedback=PhaseResult(row.ai_feedback_stage, row.ai_feedback_error),
        ),
        spellcheck_correction_count=row.spellcheck_correction_count,
        cj_rank=row.cj_rank,
        cj_score=row.cj_score,
        letter_grade=row.letter_grade,
        confidence_score=row.confidence_score,
        confidence_label=row.confidence_label,
        updated_at=row.updated_at,
    )
