"""CMS's keyed pages: each one set-based statement, and a page for each id asked.

One that is not there or not the user's has an empty page.
"""

from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, union

from cms_service.contract import Student, StudentAssociation, WrittenEssay
from cms_service.queries.class_of_batch import with_class
from cms_service.queries.lookups import IS_CONFIRMED, theirs
from cms_service.queries.shapes import ASSOCIATION, STUDENT, VISIBLE
from cms_service.tables import BatchClass, ClassStudent, EssayAssociation, SchoolClass
from cms_service.tables import Student as StudentRow
from kit.driver import Prepared, Reading
from kit.keyed import PARENTS, Asked, Page, page_rows, read_pages
from kit.outgoing import outgoing


class StudentKey(NamedTuple):
    last_name_key: str
    first_name_key: str
    id: UUID


class BatchKey(NamedTuple):
    """`created_at` is the registration's, or else the earliest association's."""

    created_at: datetime
    batch_id: UUID


class EssayKey(NamedTuple):
    """`created_at` is the association's."""

    created_at: datetime
    essay_id: UUID


_student, _written, _association = outgoing(Student), outgoing(WrittenEssay), outgoing(StudentAssociation)


async def rosters(connection: Reading, asked: Asked) -> dict[UUID, Page[Student]]:
    return await read_pages(connection, _rosters(*asked.shape), asked, StudentKey, _student)


async def batches_of_classes(connection: Reading, asked: Asked) -> dict[UUID, Page[UUID]]:
    """The batches whose class each is, newest first."""
    return await read_pages(connection, _batches(*asked.shape), asked, BatchKey, lambda batch_id: batch_id)


async def essays_of_students(connection: Reading, asked: Asked) -> dict[UUID, Page[WrittenEssay]]:
    """What each is confirmed to have written, newest first."""
    return await read_pages(connection, _essays(*asked.shape), asked, EssayKey, _written)


async def associations_of_batches(connection: Reading, asked: Asked) -> dict[UUID, Page[StudentAssociation]]:
    return await read_pages(connection, _associations(*asked.shape), asked, EssayKey, _association)


@cache
def _rosters(scoped: bool, onward: bool) -> Prepared:
    keys = (StudentRow.last_name_key, StudentRow.first_name_key, StudentRow.id)
    listed = (
        select(ClassStudent.class_id.label("parent"), *keys)
        .join_from(ClassStudent, StudentRow, StudentRow.id == ClassStudent.student_id)
        .join(SchoolClass, SchoolClass.id == ClassStudent.class_id)
        .where(ClassStudent.class_id == PARENTS, VISIBLE, *theirs(SchoolClass.created_by_user_id, scoped=scoped))
    )
    rows, head = page_rows(listed.subquery("listed"), StudentKey, onward=onward)
    page = select(*head, *STUDENT).join_from(rows, StudentRow, StudentRow.id == rows.c.id).order_by(rows.c.nth)
    return Prepared(page)


@cache
def _batches(scoped: bool, onward: bool) -> Prepared:
    candidates = union(
        select(EssayAssociation.batch_id).where(EssayAssociation.class_id == PARENTS),
        select(BatchClass.batch_id).where(BatchClass.class_id == PARENTS),
    ).subquery("candidates")
    # Materialized, or the planner, which cannot foresee what the rule chooses, asks it anew for each class.
    placed = (
        select(SchoolClass.id, SchoolClass.created_by_user_id, candidates.c.batch_id)
        .select_from(with_class(candidates, candidates.c.batch_id))
        .cte("placed")
        .prefix_with("MATERIALIZED")
    )
    batch_id = placed.c.batch_id
    registered = select(BatchClass.created_at).where(BatchClass.batch_id == batch_id).scalar_subquery()
    earliest = (
        select(func.min(EssayAssociation.created_at)).where(EssayAssociation.batch_id == batch_id).scalar_subquery()
    )
    listed = select(
        placed.c.id.label("parent"), batch_id, func.coalesce(registered, earliest).label("created_at")
    ).where(placed.c.id == PARENTS, *theirs(placed.c.created_by_user_id, scoped=scoped))
    rows, head = page_rows(listed.subquery("listed"), BatchKey, onward=onward, newest_first=True)
    return Prepared(select(*head, rows.c.batch_id).order_by(rows.c.nth))


@cache
def _essays(scoped: bool, onward: bool) -> Prepared:
    columns = (EssayAssociation.created_at, EssayAssociation.essay_id, EssayAssociation.batch_id)
    listed = (
        select(StudentRow.id.label("parent"), *columns)
        .join_from(StudentRow, EssayAssociation, EssayAssociation.student_id == StudentRow.id)
        .where(
            StudentRow.id == PARENTS,
            VISIBLE,
            IS_CONFIRMED,
            *theirs(StudentRow.created_by_user_id, scoped=scoped),
        )
    )
    rows, head = page_rows(listed.subquery("listed"), EssayKey, onward=onward, newest_first=True)
    return Prepared(select(*head, rows.c.essay_id, rows.c.batch_id).order_by(rows.c.nth))


@cache
def _associations(scoped: bool, onward: bool) -> Prepared:
    """A row whose class is gone is still its teacher's."""
    columns = (EssayAssociation.created_at, EssayAssociation.essay_id)
    mine = theirs(EssayAssociation.created_by_user_id, scoped=scoped)
    listed = select(EssayAssociation.batch_id.label("parent"), *columns).where(
        EssayAssociation.batch_id == PARENTS, *mine
    )
    rows, head = page_rows(listed.subquery("listed"), EssayKey, onward=onward)
    page = (
        select(*head, *ASSOCIATION)
        .join_from(rows, EssayAssociation, EssayAssociation.essay_id == rows.c.essay_id)
        .order_by(rows.c.nth)
    )
    return Prepared(page, labels=False)
