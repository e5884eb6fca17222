"""The root of every change: checked, made by CMS, and then nothing that was read before is believed any more."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema import mutating
from gateway.schema.auditing import Audited
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

audited = partial(strawberry.mutation, extensions=[Audited()])


class Target(NamedTuple):
    """The type of what is changed, the input's field that names it, and what it is called."""

    type: str
    field: str
    said: str


CLASS = Target("SchoolClass", "id", "class")
STUDENT = Target("Student", "id", "student")
BATCH = Target("Batch", "batchId", "batch")


def given(description: str) -> Any:
    return strawberry.argument(name="input", description=description)


@strawberry.type(description="Every change. What the user can mend is in `userErrors`; what failed otherwise is null.")
class Mutation:
    @audited(description="Makes a class. An `Idempotency-Key` header makes a retry safe.")
    async def create_class(
        self, info: GraphInfo, asked: Annotated[CreateClassInput, given("The class.")]
    ) -> ClassPayload | None:
        draft = mutating.new_class(asked).checked(cms.NewClass)
        made = await attempt(info, draft, lambda: info.context.changes.create_class(draft.body, key_of(info)))
        return ClassPayload(user_errors=made) if isinstance(made, list) else ClassPayload(school_class=made)

    @audited(description="Changes a class.")
    async def update_class(
        self, info: GraphInfo, asked: Annotated[UpdateClassInput, given("The class, and its changes.")]
    ) -> ClassPayload | None:
        draft, changes = mutating.class_changes(asked).checked(cms.ClassChanges), info.context.changes
        made = await changed(info, CLASS, asked.id, draft, lambda each: changes.update_class(each, draft.body))
        return ClassPayload(user_errors=made) if isinstance(made, list) else ClassPayload(school_class=made)

    @audited(description="Deletes a class; its students stay.")
    async def delete_class(
        self, info: GraphInfo, asked: Annotated[DeleteInput, given("The class.")]
    ) -> DeletePayload | None:
        return await deleted(info, CLASS, asked.id, info.context.changes.delete_class)

    @audited(description="Makes a student. An `Idempotency-Key` header makes a retry safe.")
    async def create_student(
        self, info: GraphInfo, asked: Annotated[CreateStudentInput, given("The student.")]
    ) -> StudentPayload | None:
        draft = mutating.new_student(asked).checked(cms.NewStudent)
        made = await attempt(info, draft, lambda: info.context.changes.create_student(draft.body, key_of(info)))
        return StudentPayload(user_errors=made) if isinstance(made, list) else StudentPayload(student=made)

    @audited(description="Changes a student.")
    async def update_student(
        self, info: GraphInfo, asked: Annotated[UpdateStudentInput, given("The student, and their changes.")]
    ) -> StudentPayload | None:
        draft, changes = mutating.student_changes(asked).checked(cms.StudentChanges), info.context.changes
        made = await changed(info, STUDENT, asked.id, draft, lambda each: changes.update_student(each, draft.body))
        return StudentPayload(user_errors=made) if isinstance(made, list) else StudentPayload(student=made)

    @audited(description="Deletes a student, and what the student is said to have written is nobody's.")
    async def delete_student(
        self, info: GraphInfo, asked: Annotated[DeleteInput, given("The student.")]
    ) -> DeletePayload | None:
        return await deleted(info, STUDENT, asked.id, info.context.changes.delete_student)

    @audited(description="Says who wrote which essays of a batch: all of it is taken, or none.")
    async def confirm_student_associations(
        self, info: GraphInfo, asked: Annotated[ConfirmStudentAssociationsInput, given("The batch, and the answers.")]
    ) -> ConfirmStudentAssociationsPayload | None:
        draft, changes = mutating.decisions(asked).checked(cms.AssociationDecisions), info.context.changes
        counts = await changed(info, BATCH, asked.batch_id, draft, lambda each: changes.confirm(each, draft.body))
        if isinstance(counts, list):
            return ConfirmStudentAssociationsPayload(user_errors=counts)
        return ConfirmStudentAssociationsPayload(
            batch_id=uuid_of(BATCH.type, asked.batch_id),
            confirmed=counts.confirmed,
            rejected=counts.rejected,
            pending=counts.pending,
        )


async def deleted(info: GraphInfo, what: Target, id: str, delete: Callable[[UUID], Awaitable[None]]) -> DeletePayload:
    async def change(found: UUID) -> strawberry.ID:
        await delete(found)
        return global_id(f"{what.type}:".encode(), found)

    done = await changed(info, what, id, Draft(), change)
    return DeletePayload(user_errors=done) if isinstance(done, list) else DeletePayload(deleted_id=done)


async def changed(
    info: GraphInfo, what: Target, id: str, draft: Draft, change: Callable[[UUID], Awaitable[T]]
) -> T | list[UserError]:
    """As `attempt`, of something that is there already."""
    missing, found = unknown(what.field, what=what.said), uuid_of(what.type, id)
    return [missing] if found is None else await attempt(info, draft, lambda: change(found), missing=missing)


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
