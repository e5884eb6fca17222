"""The root of every change: checked, made by CMS, and then nothing that was read before is believed any more."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema import mutating
from gateway.schema.inputs import (
    ConfirmStudentAssociationsInput,
    CreateClassInput,
    CreateStudentInput,
    DeleteInput,
    UpdateClassInput,
    UpdateStudentInput,
)
from gateway.schema.mending import refused, unknown
from gateway.schema.mutating import Draft
from gateway.schema.node import global_id, uuid_of
from gateway.schema.payloads import (
    ClassPayload,
    ConfirmStudentAssociationsPayload,
    DeletePayload,
    StudentPayload,
    UserError,
)
from gateway.upstreams.cms_writing import IDEMPOTENCY_KEY
from gateway.upstreams.refusals import RefusedError
from kit.errors import invalid

T = TypeVar("T")
MAX_KEY = 255
"""Characters of a key as CMS takes it."""


def given(description: str) -> Any:
    return strawberry.argument(name="input", description=description)


@strawberry.type(description="Every change. What the user can mend is in `userErrors`; what failed otherwise is null.")
class Mutation:
    @strawberry.mutation(description="Makes a class. An `Idempotency-Key` header makes a retry safe.")
    async def create_class(
        self, info: GraphInfo, asked: Annotated[CreateClassInput, given("The class.")]
    ) -> ClassPayload | None:
        draft = mutating.new_class(asked).checked(cms.NewClass)
        made = await attempt(info, draft, lambda: info.context.changes.create_class(draft.body, key_of(info)))
        return ClassPayload(user_errors=made) if isinstance(made, list) else ClassPayload(school_class=made)

    @strawberry.mutation(description="Changes a class.")
    async def update_class(
        self, info: GraphInfo, asked: Annotated[UpdateClassInput, given("The class, and its changes.")]
    ) -> ClassPayload | None:
        missing, class_id = unknown("id", what="class"), uuid_of("SchoolClass", asked.id)
        if class_id is None:
            return ClassPayload(user_errors=[missing])
        draft = mutating.class_changes(asked).checked(cms.ClassChanges)
        made = await attempt(
            info, draft, lambda: info.context.changes.update_class(class_id, draft.body), missing=missing
        )
        return ClassPayload(user_errors=made) if isinstance(made, list) else ClassPayload(school_class=made)

    @strawberry.mutation(description="Deletes a class; its students stay.")
    async def delete_class(
        self, info: GraphInfo, asked: Annotated[DeleteInput, given("The class.")]
    ) -> DeletePayload | None:
        missing, class_id = unknown("id", what="class"), uuid_of("SchoolClass", asked.id)
        if class_id is None:
            return DeletePayload(user_errors=[missing])
        done = await attempt(info, Draft(), lambda: info.context.changes.delete_class(class_id), missing=missing)
        return DeletePayload(user_errors=done) if done else DeletePayload(deleted_id=global_id("SchoolClass", class_id))

    @strawberry.mutation(description="Makes a student. An `Idempotency-Key` header makes a retry safe.")
    async def create_student(
        self, info: GraphInfo, asked: Annotated[CreateStudentInput, given("The student.")]
    ) -> StudentPayload | None:
        draft = mutating.new_student(asked).checked(cms.NewStudent)
        made = await attempt(info, draft, lambda: info.context.changes.create_student(draft.body, key_of(info)))
        return StudentPayload(user_errors=made) if isinstance(made, list) else StudentPayload(student=made)

    @strawberry.mutation(description="Changes a student.")
    async def update_student(
        self, info: GraphInfo, asked: Annotated[UpdateStudentInput, given("The student, and their changes.")]
    ) -> StudentPayload | None:
        missing, student_id = unknown("id", what="student"), uuid_of("Student", asked.id)
        if student_id is None:
            return StudentPayload(user_errors=[missing])
        draft = mutating.student_changes(asked).checked(cms.StudentChanges)
        made = await attempt(
            info, draft, lambda: info.context.changes.update_student(student_id, draft.body), missing=missing
        )
        return StudentPayload(user_errors=made) if isinstance(made, list) else StudentPayload(student=made)

    @strawberry.mutation(description="Deletes a student, and what the student is said to have written is nobody's.")
    async def delete_student(
        self, info: GraphInfo, asked: Annotated[DeleteInput, given("The student.")]
    ) -> DeletePayload | None:
        missing, student_id = unknown("id", what="student"), uuid_of("Student", asked.id)
        if student_id is None:
            return DeletePayload(user_errors=[missing])
        done = await attempt(info, Draft(), lambda: info.context.changes.delete_student(student_id), missing=missing)
        return DeletePayload(user_errors=done) if done else DeletePayload(deleted_id=global_id("Student", student_id))

    @strawberry.mutation(description="Says who wrote which essays of a batch: all of it is taken, or none.")
    async def confirm_student_associations(
        self, info: GraphInfo, asked: Annotated[ConfirmStudentAssociationsInput, given("The batch, and the answers.")]
    ) -> ConfirmStudentAssociationsPayload | None:
        missing, batch_id = unknown("batchId", what="batch"), uuid_of("Batch", asked.batch_id)
        if batch_id is None:
            return ConfirmStudentAssociationsPayload(user_errors=[missing])
        draft = mutating.decisions(asked).checked(cms.AssociationDecisions)
        counts = await attempt(info, draft, lambda: info.context.changes.confirm(batch_id, draft.body), missing=missing)
        if isinstance(counts, list):
            return ConfirmStudentAssociationsPayload(user_errors=counts)
        return ConfirmStudentAssociationsPayload(
            batch_id=batch_id, confirmed=counts.confirmed, rejected=counts.rejected, pending=counts.pending
        )


async def attempt(
    info: GraphInfo, draft: Draft, change: Callable[[], Awaitable[T]], *, missing: UserError | None = None
) -> T | list[UserError]:
    """What CMS answers, or what the user can mend; whether it failed or not, later fields read anew."""
    if draft.errors:
        return draft.errors
    try:
        return await change()
    except RefusedError as error:
        return refused(error, missing=missing)
    finally:
        info.context.loaders.forget()


def key_of(info: GraphInfo) -> str | None:
    """One document may hold several creates, so each has a key of its own. Raises ValidationError."""
    given_key = info.context.idempotency_key
    if given_key is None:
        return None
    key = f"{given_key}:{info.path.key}"
    if len(key) > MAX_KEY:
        raise invalid(IDEMPOTENCY_KEY, f"has more than {MAX_KEY} characters with the field's response key behind it")
    return key
