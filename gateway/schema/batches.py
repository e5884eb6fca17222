"""Batches: RAS's contract plus the edges into CMS."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any

import strawberry

from cms_service import contract as cms
from gateway.loaders import Loaders
from gateway.schema.associations import StudentAssociation
from gateway.schema.connection import Connection, Listed
from gateway.schema.described import described
from gateway.schema.edges import Read, edge, page_edge, pages
from gateway.schema.node import Node, identified, records
from gateway.schema.references import ClassType, EssayType
from gateway.windows import Window
from ras_service import contract as ras

_DONE = {ras.BatchStatus.COMPLETED_SUCCESSFULLY, ras.BatchStatus.COMPLETED_WITH_FAILURES}


async def classes_of_infos(infos: Sequence[cms.ClassInfo], loaders: Loaders, read: Read) -> Sequence[Any]:
    return await read(loaders.class_by_id, [each.class_id for each in infos])


@described(class_id="The key of the class.", class_name="What its teacher calls it.")
@strawberry.type(description="The class that a batch of essays was written in.")
class ClassInfo(cms.ClassInfo):
    whole_class = edge(
        classes_of_infos,
        name="class",
        graphql_type=ClassType | None,
        description="The class itself; null without an error for one of another teacher's.",
    )


@described(
    deviation_count="Associations that wait for the teacher.",
    auto_confirm_deadline="When the earliest of them is settled without the teacher; null when none waits.",
    total_associations="All associations of the batch.",
    confirmed_associations="Those that are confirmed, by the teacher or by the deadline.",
)
@strawberry.type(description="How far it is settled who wrote the essays of a batch.")
class BatchValidation(cms.ValidationStatus):
    pass


def class_infos(batches: Sequence[ras.Batch], loaders: Loaders, read: Read) -> Awaitable[Sequence[Any]]:
    return read(loaders.class_info_by_batch, [each.batch_id for each in batches])


def validations(batches: Sequence[ras.Batch], loaders: Loaders, read: Read) -> Awaitable[Sequence[Any]]:
    return read(loaders.validation_by_batch, [each.batch_id for each in batches])


async def essays_of_batches(
    batches: Sequence[ras.Batch], loaders: Loaders, read: Read, asked: Window
) -> Sequence[Listed[ras.Essay] | Exception]:
    return pages(await read(loaders.essays_by_batch, [(each.batch_id, asked) for each in batches]), asked)


async def associations_of_batches(
    batches: Sequence[ras.Batch], loaders: Loaders, read: Read, asked: Window
) -> Sequence[Listed[cms.StudentAssociation] | Exception]:
    return pages(await read(loaders.associations_by_batch, [(each.batch_id, asked) for each in batches]), asked)


@described(
    batch_id="The key of the batch, as REST has it.",
    assignment_id="Points to the assignment's instructions, which are kept elsewhere; it names no class.",
    title="The title that was given, else the assignment id.",
    batch_type="Whether it belongs to a class.",
    requested_pipelines="The phases that its pipeline was configured with.",
    created_at="When it was registered.",
    updated_at="When anything of it last changed.",
)
@strawberry.type(description="Essays handed in together.")
class Batch(ras.Batch, Node):
    is_type_of = records(ras.Batch)
    node_id: strawberry.ID = identified("Batch", "batch_id")
    user_id: strawberry.Private[str]
    overall_status: ras.BatchStatus = strawberry.field(name="status", description="Where it stands.")
    current_phase: ras.PhaseName | None = strawberry.field(
        name="processingPhase", description="The phase under way while the batch is processing."
    )
    essay_count: int = strawberry.field(name="totalEssays", description="How many essays it has.")
    completed_essay_count: int = strawberry.field(
        name="completedEssays", description="How many have come through all phases."
    )
    failed_essay_count: int = strawberry.field(name="failedEssays", description="How many failed in some phase.")
    processing_started_at: datetime | None = strawberry.field(name="startedAt", description="When the pipeline began.")
    processing_completed_at: datetime | None = strawberry.field(
        name="completedAt", description="When it ended, however it ended."
    )

    @strawberry.field(description="Percent of the essays that are completed or failed, rounded down.")
    def progress(self) -> int:
        if self.overall_status in _DONE:
            return 100
        settled = self.completed_essay_count + self.failed_essay_count
        return 100 * settled // self.essay_count if self.essay_count else 0

    class_info = edge(
        class_infos,
        graphql_type=ClassInfo | None,
        description="The batch's class; null without an error for a batch that has none.",
    )
    validation = edge(
        validations,
        graphql_type=BatchValidation | None,
        description="How far its associations are settled; null without an error for a batch that has none.",
    )
    essays = page_edge(
        essays_of_batches,
        graphql_type=Connection[EssayType] | None,
        description="Its essays, in the order of handing in.",
    )
    student_associations = page_edge(
        associations_of_batches,
        graphql_type=Connection[StudentAssociation] | None,
        description="Who wrote its essays, as far as the teacher's own classes go; oldest first.",
    )
