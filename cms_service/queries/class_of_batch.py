"""The one rule that tells a batch's class."""

from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select, true

from cms_service.contract import AssociationStatus
from cms_service.tables import BatchClass, EssayAssociation, SchoolClass


def with_class(batches: FromClause, batch_id: ColumnElement[UUID]) -> FromClause:
    """Each batch beside its class in `classes`; a batch without one is left out.

    The class with most associations of the batch; ties to the earliest, then the lowest id.
    Without any, the class named at registration, while it exists and belongs to the registration's user.
    """
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
        batches.join(leading, true(), isouter=True)
        .join(BatchClass, registered, isouter=True)
        .join(SchoolClass, and_(SchoolClass.id == chosen, theirs))
    )
