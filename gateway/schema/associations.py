"""Associations: CMS's contract plus the edges to the student and to RAS's essay."""

from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.described import described
from gateway.schema.references import EssayType, StudentType
from ras_service import contract as ras


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

    @strawberry.field(
        graphql_type=StudentType | None,
        description="Who is suggested, or is settled, to have written the essay; null without an error when that is "
        "nobody in particular.",
    )
    async def student(self, info: GraphInfo) -> cms.Student | None:
        student_id = self.student_id
        return await info.context.loaders.student_by_id.load(info, student_id) if student_id else None

    @strawberry.field(
        graphql_type=EssayType | None,
        description="The essay; null without an error while its registration has not arrived everywhere.",
    )
    async def essay(self, info: GraphInfo) -> ras.Essay | None:
        return await info.context.loaders.essay_by_id.load(info, self.essay_id)
