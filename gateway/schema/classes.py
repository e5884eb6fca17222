"""Classes: CMS's contract plus the edges to students and batches."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.loaders import Loaders
from gateway.schema.connection import Connection, Listed
from gateway.schema.described import described
from gateway.schema.edges import Read, page_edge, pages, pages_of_keys
from gateway.schema.node import Node, identified, records
from gateway.schema.references import BatchType, StudentType
from gateway.windows import Window
from ras_service import contract as ras


async def students_of_classes(
    classes: Sequence[cms.SchoolClass], loaders: Loaders, read: Read, asked: Window
) -> Sequence[Listed[cms.Student] | Exception]:
    return pages(await read(loaders.students_by_class, [(each.id, asked) for each in classes]), asked)


async def batches_of_classes(
    classes: Sequence[cms.SchoolClass], loaders: Loaders, read: Read, asked: Window
) -> Sequence[Listed[ras.Batch] | Exception]:
    found = await read(loaders.batch_ids_by_class, [(each.id, asked) for each in classes])
    return await pages_of_keys(read, loaders.batch_by_id, found, lambda key: key, asked)


@described(
    name="What its teacher calls it.",
    course_code="The course that it takes.",
    student_count="How many students are in it.",
    created_at="When it was made.",
    updated_at="When its name, its course or its students last changed.",
)
@strawberry.type(description="A class of students that takes one course.")
class SchoolClass(cms.SchoolClass, Node):
    is_type_of = records(cms.SchoolClass)
    node_id: strawberry.ID = identified("SchoolClass", "id")
    id: UUID = strawberry.field(name="classId", description="The key of the class, as REST has it.")

    students = page_edge(
        students_of_classes,
        graphql_type=Connection[StudentType] | None,
        description="Who is in it, by last name, first name and id, in Swedish order.",
    )
    batches = page_edge(
        batches_of_classes,
        graphql_type=Connection[BatchType] | None,
        description="The batches that were written in it, newest first; `totalCount` also counts those whose "
        "registration has not arrived everywhere, which a page leaves out.",
    )
