"""Students: CMS's contract plus the edges to classes and essays."""

from collections.abc import Sequence
from uuid import UUID

import strawberry

from cms_service import contract as cms
from gateway.loaders import Loaders
from gateway.schema.connection import Connection, Listed
from gateway.schema.described import described
from gateway.schema.edges import Read, edge, lists, page_edge, pages_of_keys
from gateway.schema.node import Node, identified, records
from gateway.schema.references import ClassType, EssayType
from gateway.windows import Window
from ras_service import contract as ras


async def classes_of_students(
    students: Sequence[cms.Student], loaders: Loaders, read: Read
) -> Sequence[list[cms.SchoolClass] | Exception]:
    found = await lists(read, loaders.class_by_id, [each.class_ids for each in students])
    return [of if isinstance(of, Exception) else [each for each in of if each] for of in found]


async def essays_of_students(
    students: Sequence[cms.Student], loaders: Loaders, read: Read, asked: Window
) -> Sequence[Listed[ras.Essay] | Exception]:
    found = await read(loaders.essay_ids_by_student, [(each.id, asked) for each in students])
    return await pages_of_keys(read, loaders.essay_by_id, found, lambda each: each.essay_id, asked)


@described(
    first_name="The given name.",
    last_name="The family name; students are sorted by it, in Swedish order.",
    legal_full_name="The name in the school's records; first and last name where no other was given.",
    email="The address that essays are recognised by; a teacher's students each have another.",
    created_at="When the student was entered.",
    updated_at="When the student's name, address or classes last changed.",
)
@strawberry.type(description="A student of the signed-in teacher.")
class Student(cms.Student, Node):
    is_type_of = records(cms.Student)
    node_id: strawberry.ID = identified("Student", "id")
    id: UUID = strawberry.field(name="studentId", description="The key of the student, as REST has it.")
    class_ids: strawberry.Private[list[UUID]]

    classes = edge(
        classes_of_students,
        graphql_type=list[ClassType] | None,
        description="The classes that the student is in: 20 at most.",
    )
    essays = page_edge(
        essays_of_students,
        graphql_type=Connection[EssayType] | None,
        description="The essays that the student is known to have written, newest first; `totalCount` also counts "
        "those whose registration has not arrived everywhere, which a page leaves out.",
    )
