"""CMS's reads: each one set-based statement."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, column, func, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from cms_service.contract import AssociationStatus, ClassInfo, ClassInfoByBatch, Course
from cms_service.tables import BatchClass, EssayAssociation, SchoolClass
from cms_service.tables import Course as CourseRow


async def courses(connection: AsyncConnection) -> list[Course]:
    rows = await connection.execute(
        select(CourseRow.course_code, CourseRow.name, CourseRow.language).order_by(CourseRow.course_code)
    )
    return [Course(*row) for row in rows]


async def class_info(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> ClassInfoByBatch:
    """A key for each id asked; null is a batch without a class."""
    rows = await connection.execute(CLASS_INFO, {"batch_ids": batch_ids})
    found = {batch_id: ClassInfo(class_id, name) for batch_id, class_id, name in rows}
    return {batch_id: found.get(batch_id) for batch_id in batch_ids}


def _class_info() -> Select[UUID, UUID, str]:
    """The class with most associations of the batch; ties to the earliest, then the lowest id.

    Without any, the class named at registration, while it exists and belongs to the registration's user.
    """
    given = func.unnest(bindparam("batch_ids", type_=ARRAY(Uuid)))
    asked = given.table_valued(column("batch_id", Uuid), name="asked").render_derived()
    batch_id = asked.c.batch_id
    leading = (
        select(EssayAssociation.class_id)
        .where(
            EssayAssociation.batch_id == batch_id,
            EssayAssociation.class_id.is_not(None),
            EssayAssociation.validation_status != AssociationStatus.REJECTED,
        )
        .group_by(EssayAssociation.class_id)
        .order_by(func.count().desc(), func.min(EssayAssociation.created_at), EssayAssociation.class_id)
        .limit(1)
        .lateral("leading")
    )
    registered = and_(BatchClass.batch_id == batch_id, leading.c.class_id.is_(None))
    theirs = or_(leading.c.class_id.is_not(None), SchoolClass.created_by_user_id == BatchClass.user_id)
    chosen = func.coalesce(leading.c.class_id, BatchClass.class_id)
    return (
        select(batch_id, SchoolClass.id, SchoolClass.name)
        .join_from(asked, leading, true(), isouter=True)
        .join(BatchClass, registered, isouter=True)
        .join(SchoolClass, and_(SchoolClass.id == chosen, theirs))
    )


CLASS_INFO = _class_info()
