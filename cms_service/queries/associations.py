"""A teacher's associations of a batch: listed, read to be decided on, decided."""

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationCounts, AssociationMethod, AssociationStatus, StudentAssociation
from cms_service.queries.given import UUIDS, given
from cms_service.queries.lookups import CONFIRMED
from cms_service.queries.settling import Pair, pairs_of
from cms_service.queries.shapes import ASSOCIATION, VISIBLE
from cms_service.tables import ClassStudent, EssayAssociation, Student
from kit.keyed import Page
from kit.listing import ListQuery
from kit.paging import Window


class OwnRow(NamedTuple):
    """`unknown`: the student is the class's UNKNOWN one."""

    essay_id: UUID
    class_id: UUID | None
    student_id: UUID | None
    validation_status: AssociationStatus
    unknown: bool


class Decided(NamedTuple):
    """`student_id` is none for a rejection, which leaves the student as it is."""

    essay_id: UUID
    student_id: UUID | None

    @property
    def status(self) -> AssociationStatus:
        return AssociationStatus.CONFIRMED if self.student_id else AssociationStatus.REJECTED


class Member(NamedTuple):
    class_id: UUID
    student_id: UUID


_PAGE = ListQuery(
    select()
    .select_from(EssayAssociation)
    .where(
        EssayAssociation.batch_id == bindparam("batch_id", type_=Uuid),
        EssayAssociation.created_by_user_id == bindparam("user_id", type_=Text),
    ),
    keys=(EssayAssociation.created_at, EssayAssociation.essay_id),
    columns=ASSOCIATION,
    item=StudentAssociation,
)


async def page(connection: AsyncConnection, batch_id: UUID, user_id: str, window: Window) -> Page[StudentAssociation]:
    return await _PAGE.read(connection, window, batch_id=batch_id, user_id=user_id)


async def own_rows(connection: AsyncConnection, batch_id: UUID, user_id: str) -> list[OwnRow]:
    rows = await connection.execute(
        select(
            EssayAssociation.essay_id,
            EssayAssociation.class_id,
            EssayAssociation.student_id,
            EssayAssociation.validation_status,
            func.coalesce(Student.is_placeholder, False),
        )
        .join_from(EssayAssociation, Student, Student.id == EssayAssociation.student_id, isouter=True)
        .where(_own(batch_id, user_id))
    )
    return [OwnRow(*row) for row in rows]


async def keep_members(connection: AsyncConnection, wanted: Collection[Member], user_id: str) -> set[Member]:
    """Those that are members, the user's own. They cannot be deleted before this transaction ends."""
    asked = given(
        "asked",
        class_id=(UUIDS, [each.class_id for each in wanted]),
        student_id=(UUIDS, [each.student_id for each in wanted]),
    )
    is_asked = and_(ClassStudent.class_id == asked.c.class_id, ClassStudent.student_id == asked.c.student_id)
    rows = await connection.execute(
        select(ClassStudent.class_id, ClassStudent.student_id)
        .join_from(asked, ClassStudent, is_asked)
        .join(Student, Student.id == ClassStudent.student_id)
        .where(Student.created_by_user_id == user_id, VISIBLE)
        .with_for_update(read=True, key_share=True, of=Student)
    )
    return {Member(*row) for row in rows}


async def decide(connection: AsyncConnection, decided: Sequence[Decided], user_id: str) -> list[Pair]:
    """Answers the batches and classes of what is changed."""
    said = given(
        "decided",
        essay_id=(UUIDS, [each.essay_id for each in decided]),
        student_id=(UUIDS, [each.student_id for each in decided]),
        status=(EssayAssociation.validation_status.type, [each.status for each in decided]),
    )
    changed = await connection.execute(
        update(EssayAssociation)
        .where(EssayAssociation.essay_id == said.c.essay_id)
        .values(
            student_id=func.coalesce(said.c.student_id, EssayAssociation.student_id),
            validation_status=said.c.status,
            validation_method=AssociationMethod.HUMAN,
            validated_by=user_id,
            validated_at=func.statement_timestamp(),
        )
        .returning(EssayAssociation.batch_id, EssayAssociation.class_id)
    )
    return pairs_of(changed)


async def counts(connection: AsyncConnection, batch_id: UUID, user_id: str) -> AssociationCounts:
    status = EssayAssociation.validation_status
    row = await connection.execute(
        select(
            func.count().filter(status.in_(CONFIRMED)),
            func.count().filter(status == AssociationStatus.REJECTED),
            func.count().filter(status == AssociationStatus.PENDING_VALIDATION),
        ).where(_own(batch_id, user_id))
    )
    return AssociationCounts(*row.one())


def _own(batch_id: UUID, user_id: str) -> ColumnElement[bool]:
    return and_(EssayAssociation.batch_id == batch_id, EssayAssociation.created_by_user_id == user_id)
