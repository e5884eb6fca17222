"""Batches: RAS's contract plus the edges into CMS."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.types import Info as RawInfo

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.node import Node, global_id
from ras_service import contract as ras

strawberry.enum(ras.BatchStatus, description="Where a batch stands, as a teacher sees it.")
strawberry.enum(ras.BatchType, description="A regular batch belongs to a class, a guest batch to none.")
strawberry.enum(ras.PhaseName, description="A phase of the processing pipeline.")

_DONE = {ras.BatchStatus.COMPLETED_SUCCESSFULLY, ras.BatchStatus.COMPLETED_WITH_FAILURES}


@strawberry.type(description="The class that a batch of essays was written in.")
class ClassInfo(cms.ClassInfo):
    pass


def batch_node_id(root: ras.Batch) -> strawberry.ID:
    return global_id("Batch", root.batch_id)


@strawberry.type(description="Essays handed in together.")
class Batch(ras.Batch, Node):
    id: strawberry.ID = strawberry.field(resolver=batch_node_id, description="The global id.")
    user_id: strawberry.Private[str]
    overall_status: ras.BatchStatus = strawberry.field(name="status")
    current_phase: ras.PhaseName | None = strawberry.field(
        name="processingPhase", description="The phase under way while the batch is processing."
    )
    essay_count: int = strawberry.field(name="totalEssays")
    completed_essay_count: int = strawberry.field(name="completedEssays")
    failed_essay_count: int = strawberry.field(name="failedEssays")
    processing_started_at: datetime | None = strawberry.field(name="startedAt")
    processing_completed_at: datetime | None = strawberry.field(name="completedAt")

    @strawberry.field(description="Percent of the essays that are completed or failed, rounded down.")
    def progress(self) -> int:
        if self.overall_status in _DONE:
            return 100
        settled = self.completed_essay_count + self.failed_essay_count
        return 100 * settled // self.essay_count if self.essay_count else 0

    @strawberry.field(
        graphql_type=ClassInfo | None,
        description="The batch's class; null without an error for a batch that has none.",
    )
    async def class_info(self, info: GraphInfo) -> cms.ClassInfo | None:
        return await info.context.loaders.class_info_by_batch.load(self.batch_id)

    @classmethod
    def is_type_of(cls, value: Any, _: RawInfo[Any, Any]) -> bool:
        return isinstance(value, ras.Batch)
