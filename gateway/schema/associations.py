"""Associations: CMS's contract plus the edges to the student and to RAS's essay."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.loaders import Loaders
from gateway.schema.described import described
from gateway.schema.edges import Read, edge, where_known
from gateway.schema.references import EssayType, StudentType


async def students_of_associations(
    associations: Sequence[cms.StudentAssociation], loaders: Loaders, read: Read
) -> Sequence[Any]:
    return await where_known(read, loaders.student_by_id, [each.student_id for each in associations])


async def essays_of_associations(
    associations: Sequence[cms.StudentAssociation], loaders: Loaders, read: Read
) -> Sequence[Any]:
    return await read(loaders.essay_by_id, [each.essay_id for each in associations])


@described(
    essay_id="The key of the essay.",
    confidence_score="How sure the matching is of the student, from 0 to 1.",
    match_reasons="What the student was recognised by.",
    validated_by="Who settled it: the teacher's user id, or SYSTEM_TIMEOUT.",
    validated_at="When it was settled.",
    created_at="When the matching suggested it.",
)
@strawberry.type(description="Who wrote an essay, as the matching suggests it and the teacher settles it.")
class StudentAssociation(cms.StudentAssociation):
    batch_id: strawberry.Private[UUID]
    class_id: strawberry.Private[UUID | None]
    student_id: strawberry.Private[UUID | None]
    validation_status: cms.AssociationStatus = strawberry.field(name="status", description="How far it is settled.")
    validation_method: cms.AssociationMethod | None = strawberry.field(
        name="method", description="How it was settled; null while it is not."
    )

    student = edge(
        students_of_associations,
        graphql_type=StudentType | None,
        description="Who is suggested, or is settled, to have written the essay; null without an error when that is "
        "nobody in particular.",
    )
    essay = edge(
        essays_of_associations,
        graphql_type=EssayType | None,
        description="The essay; null without an error while its registration has not arrived everywhere.",
    )
