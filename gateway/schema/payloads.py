"""What mutations answer: the object, or what the user can mend."""

from enum import Enum
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.references import BatchType, ClassType, StudentType
from kit.errors import ConflictError, NotFoundError, ValidationError
from ras_service import contract as ras

_ERRORS = "What the user can mend; empty when it is done. Then nothing else is null by failure."


@strawberry.enum(description="What is wrong with an input.")
class ErrorCode(Enum):
    VALIDATION_ERROR = strawberry.enum_value(ValidationError.code, description="The value is not one that it takes.")
    RESOURCE_NOT_FOUND = strawberry.enum_value(
        NotFoundError.code, description="What the id names does not exist, or is somebody else's."
    )
    CONFLICT = strawberry.enum_value(ConflictError.code, description="It contradicts what is stored.")


@strawberry.type(description="One thing that the user can mend.")
class UserError:
    code: ErrorCode = strawberry.field(description="What kind of thing.")
    field: list[str] = strawberry.field(description="Where it is, from the argument inwards; indexes are digits.")
    message: str = strawberry.field(description="What the value should be.")


@strawberry.type(description="A class that was made or changed.")
class ClassPayload:
    school_class: cms.SchoolClass | None = strawberry.field(
        default=None, name="class", graphql_type=ClassType | None, description="As it is now; null with `userErrors`."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A student who was made or changed.")
class StudentPayload:
    student: cms.Student | None = strawberry.field(
        default=None, graphql_type=StudentType | None, description="As it is now; null with `userErrors`."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="What was deleted.")
class DeletePayload:
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The global id of what is gone; null with `userErrors`."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="How a batch's associations stand after the teacher's answers.")
class ConfirmStudentAssociationsPayload:
    batch_id: strawberry.Private[UUID | None] = None
    confirmed: int | None = strawberry.field(
        default=None, description="Of the batch, those that the teacher confirmed and those that the deadline did."
    )
    rejected: int | None = strawberry.field(default=None, description="Of the batch, those that were rejected.")
    pending: int | None = strawberry.field(default=None, description="Of the batch, those still to be answered.")
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @strawberry.field(
        graphql_type=BatchType | None,
        description="The batch; its status follows the pipeline's events, a little later. Null with `userErrors`.",
    )
    async def batch(self, info: GraphInfo) -> ras.Batch | None:
        return await info.context.loaders.batch_by_id.load(info, self.batch_id) if self.batch_id else None
