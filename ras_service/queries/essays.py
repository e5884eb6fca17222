"""RAS's reads of essays: each one set-based statement, made once. An essay is its batch's user's."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Select, select

from kit.driver import Prepared, Reading
from kit.keyed import PARENTS, USER_ID, Asked, Page, page_rows, read_pages
from kit.outgoing import outgoing
from kit.paging import MAX_OFFSET
from ras_service.contract import Essay, EssayById, PhaseResult, Stages
from ras_service.tables import BatchResult
from ras_service.tables import EssayResult as Row

ESSAY = (
    Row.essay_id,
    Row.batch_id,
    Row.filename,
    Row.spellcheck_stage,
    Row.spellcheck_error,
    Row.nlp_stage,
    Row.nlp_error,
    Row.cj_assessment_stage,
    Row.cj_assessment_error,
    Row.ai_feedback_stage,
    Row.ai_feedback_error,
    Row.spellcheck_correction_count,
    Row.cj_rank,
    Row.cj_score,
    Row.letter_grade,
    Row.confidence_score,
    Row.confidence_label,
    Row.updated_at,
)
"""In the order of the contract's fields."""
_made, _stages, _phase = outgoing(Essay), outgoing(Stages), outgoing(PhaseResult)


class EssayKey(NamedTuple):
    """What the essays of a batch are sorted by. No larger than the column, which the database refuses to compare."""

    position: Annotated[int, Meta(ge=0, le=MAX_OFFSET)]


async def essays_of(connection: Reading, batch_ids: Sequence[UUID]) -> dict[UUID, list[Essay]]:
    """All essays of each batch, in the order of registration."""
    found: dict[UUID, list[Essay]] = defaultdict(list)
    for row in await _WHOLE.rows(connection, parents=batch_ids):
        found[row[1]].append(_essay(*row))
    return found


async def by_id(connection: Reading, essay_ids: Sequence[UUID], user_id: str | None) -> EssayById:
    """A key for each id asked; null where there is none, or it is not the user's."""
    rows = await _by_id(user_id is not None).rows(connection, parents=essay_ids, user_id=user_id)
    found: EssayById = dict.fromkeys(essay_ids)
    for row in rows:
        found[row[0]] = _essay(*row)
    return found


async def pages(connection: Reading, asked: Asked) -> dict[UUID, Page[Essay]]:
    """The essays of each batch, in the order of registration."""
    return await read_pages(connection, _pages(*asked.shape), asked, EssayKey, _essay)


_WHOLE = Prepared(
    select(*ESSAY).where(Row.batch_id == PARENTS).order_by(Row.batch_id, Row.position),
    labels=False,
)


@cache
def _by_id(scoped: bool) -> Prepared:
    return Prepared(_theirs(select(*ESSAY).where(Row.essay_id == PARENTS), scoped=scoped), labels=False)


@cache
def _pages(scoped: bool, onward: bool) -> Prepared:
    keys = select(Row.batch_id.label("parent"), Row.position, Row.essay_id).where(Row.batch_id == PARENTS)
    listed = _theirs(keys, scoped=scoped).subquery("listed")
    rows, head = page_rows(listed, EssayKey, onward=onward)
    page = select(*head, *ESSAY).join_from(rows, Row, Row.essay_id == rows.c.essay_id).order_by(rows.c.nth)
    return Prepared(page, labels=False)


def _theirs(essays: Select[*tuple[Any, ...]], *, scoped: bool) -> Select[*tuple[Any, ...]]:
    if not scoped:
        return essays
    return essays.join(BatchResult, BatchResult.batch_id == Row.batch_id).where(BatchResult.user_id == USER_ID)


def _essay(essay_id: UUID, batch_id: UUID, filename: str | None, *results: Any) -> Essay:
    stages = _stages(*(_phase(*results[n : n + 2]) for n in range(0, 8, 2)))
    return _made(essay_id, batch_id, filename, stages, *results[8:])
