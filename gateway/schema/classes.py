"""Classes: CMS's contract plus the edges to students and batches."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info as RawInfo

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.connection import After, Connection, First, connect, page_of_parent
from gateway.schema.described import described
from gateway.schema.node import GLOBAL_ID, Node, global_id
from gateway.schema.references import BatchType, StudentType
from gateway.windows import DEFAULT_FIRST, window
from ras_service import contract as ras


def class_node_id(root: cms.SchoolClass) -> strawberry.ID:
    return global_id("SchoolClass", root.id)


@described(
    name="What its teacher calls it.",
    course_code="The course that it takes.",
    student_count="How many students are in it.",
    created_at="When it was made.",
    updated_at="When its name, its course or its students last changed.",
)
@strawberry.type(description="A class of students that takes one course.")
class SchoolClass(cms.SchoolClass, Node):
    node_id: strawberry.ID = strawberry.field(resolver=class_node_id, name="id", description=GLOBAL_ID)
    id: UUID = strawberry.field(name="classId", description="The key of the class, as REST has it.")

    @strawberry.field(
        graphql_type=Connection[StudentType] | None,
        description="Who is in it, by last name, first name and id, in Swedish order.",
    )
    async def students(
        self, info: GraphInfo, first: First = DEFAULT_FIRST, after: After = strawberry.UNSET
    ) -> Connection[cms.Student]:
        asked = window(first, after)
        page = await info.context.loaders.students_by_class.load(info, (self.id, asked))
        return page_of_parent(page, asked)

    @strawberry.field(
        graphql_type=Connection[BatchType] | None,
        description="The batches that were written in it, newest first; `totalCount` also counts those whose "
        "registration has not arrived everywhere, which a page leaves out.",
    )
    async def batches(
        self, info: GraphInfo, first: First = DEFAULT_FIRST, after: After = strawberry.UNSET
    ) -> Connection[ras.Batch]:
        asked, loaders = window(first, after), info.context.loaders
        page = await loaders.batch_ids_by_class.load(info, (self.id, asked))
        batches = await loaders.batch_by_id.load_many(info, page.items)
        return connect(batches, page.cursors, page.total, page.next, asked)

    @classmethod
    def is_type_of(cls, value: Any, _: RawInfo[Any, Any]) -> bool:
        return isinstance(value, cms.SchoolClass)
