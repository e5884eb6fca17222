"""What a subscriber is told: the services' updates, with edges to what they are about."""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.live import cursor as cursors
from gateway.live.hub import Told
from gateway.live.payloads import Payload
from gateway.schema.batches import Batch
from gateway.schema.classes import SchoolClass
from gateway.schema.described import described
from gateway.schema.enums import enumerate_as
from gateway.schema.selected import selects_only
from gateway.schema.students import Student
from ras_service import contract as ras

_BATCH_KEY = {"__typename", "id", "batchId"}
_BATCH_STATUS = _BATCH_KEY | {
    "status",
    "processingPhase",
    "totalEssays",
    "completedEssays",
    "failedEssays",
    "progress",
    "completedAt",
}

CURSOR = "Pass it as `after` to be told what comes after this."
AT = "When it was written down; in one service no later update has an earlier cursor."


class UpdateType(StrEnum):
    BATCH_STATUS_UPDATED = ras.UpdateType.BATCH_STATUS_UPDATED
    BATCH_RESULTS_READY = ras.UpdateType.BATCH_RESULTS_READY
    CLASS_CREATED = cms.UpdateType.CLASS_CREATED
    STUDENT_ADDED_TO_CLASS = cms.UpdateType.STUDENT_ADDED_TO_CLASS
    STUDENT_MATCHING_CONFIRMATION_REQUIRED = cms.UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED
    STUDENT_ASSOCIATIONS_CONFIRMED = cms.UpdateType.STUDENT_ASSOCIATIONS_CONFIRMED
    VALIDATION_TIMEOUT_PROCESSED = cms.UpdateType.VALIDATION_TIMEOUT_PROCESSED


enumerate_as(
    UpdateType,
    "What an update tells.",
    BATCH_STATUS_UPDATED="A batch's status or counts changed.",
    BATCH_RESULTS_READY="A batch's pipeline is done: its results can be read.",
    CLASS_CREATED="The teacher has a new class.",
    STUDENT_ADDED_TO_CLASS="A student has come into a class.",
    STUDENT_MATCHING_CONFIRMATION_REQUIRED="Suggested associations wait for the teacher: `pending`, until `deadline`.",
    STUDENT_ASSOCIATIONS_CONFIRMED="It is settled who wrote the essays of a batch.",
    VALIDATION_TIMEOUT_PROCESSED="Associations of a batch were settled without the teacher, whose time was up.",
)


@described(
    batch_id="The key of the batch, as REST has it.",
    status="Where it stands.",
    processing_phase="The phase under way while the batch is processing.",
    total_essays="How many essays it has.",
    completed_essays="How many have come through all phases.",
    failed_essays="How many failed in some phase.",
    completed_at="When the pipeline ended, however it ended.",
)
@strawberry.type(description="Where a batch stands now: enough to patch what a screen shows of it.")
class BatchUpdate(ras.BatchStatusUpdated):
    cursor: str = strawberry.field(description=CURSOR)
    at: datetime = strawberry.field(description=AT)

    @strawberry.field(
        graphql_type=Batch | None,
        description="The batch itself; read anew only for fields that the update does not bring.",
    )
    async def batch(self, info: GraphInfo) -> ras.Batch | None:
        return await batch_of(info, self)

    @classmethod
    def of(cls, told: Told) -> Self:
        assert isinstance(told.update.payload, ras.BatchStatusUpdated)
        return cls(cursor=cursors.encode(told.cursor), at=told.update.at, **vars(told.update.payload))


@strawberry.type(description="Something that a teacher should know at once.")
class TeacherUpdate:
    payload: strawberry.Private[Payload]
    cursor: str = strawberry.field(description=CURSOR)
    at: datetime = strawberry.field(description=AT)
    type: UpdateType = strawberry.field(description="What it tells; the fields that it says nothing of are null.")

    @strawberry.field(
        graphql_type=Batch | None,
        description="The batch that it is about; read anew only for fields that the update does not bring.",
    )
    async def batch(self, info: GraphInfo) -> ras.Batch | None:
        return await batch_of(info, self.payload)

    @strawberry.field(name="class", graphql_type=SchoolClass | None, description="The class that it is about.")
    async def school_class(self, info: GraphInfo) -> cms.SchoolClass | None:
        class_id: UUID | None = getattr(self.payload, "class_id", None)
        return await info.context.loaders.class_by_id.load(info, class_id) if class_id else None

    @strawberry.field(graphql_type=Student | None, description="The student that it is about.")
    async def student(self, info: GraphInfo) -> cms.Student | None:
        student_id: UUID | None = getattr(self.payload, "student_id", None)
        return await info.context.loaders.student_by_id.load(info, student_id) if student_id else None

    @strawberry.field(description="How many associations of the batch wait for the teacher.")
    def pending(self) -> int | None:
        return self.payload.pending if isinstance(self.payload, cms.ConfirmationRequired) else None

    @strawberry.field(description="When the earliest of them is settled without the teacher.")
    def deadline(self) -> datetime | None:
        return self.payload.deadline if isinstance(self.payload, cms.ConfirmationRequired) else None

    @classmethod
    def of(cls, told: Told) -> Self:
        update = told.update
        kind = UpdateType(update.kind.value)
        return cls(payload=update.payload, cursor=cursors.encode(told.cursor), at=update.at, type=kind)


async def batch_of(info: GraphInfo, payload: Payload) -> ras.Batch | None:
    batch_id: UUID | None = getattr(payload, "batch_id", None)
    if batch_id is None:
        return None
    status = payload if isinstance(payload, ras.BatchStatusUpdated) else None
    if selects_only(info, _BATCH_STATUS if status else _BATCH_KEY):
        return patched(batch_id, status)
    return await info.context.loaders.batch_by_id.load(info, batch_id)


def patched(batch_id: UUID, status: ras.BatchStatusUpdated | None) -> ras.Batch:
    """A batch with what an update tells of it, and nothing else, not even as an attribute."""
    batch = ras.Batch.__new__(ras.Batch)
    batch.batch_id = batch_id
    if status:
        batch.overall_status = status.status
        batch.current_phase = status.processing_phase
        batch.essay_count = status.total_essays
        batch.completed_essay_count = status.completed_essays
        batch.failed_essay_count = status.failed_essays
        batch.processing_completed_at = status.completed_at
    return batch
