"""Students: CMS's contract plus the edges to classes and essays."""

from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info as RawInfo

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.connection import After, Connection, First, connect
from gateway.schema.described import described
from gateway.schema.node import GLOBAL_ID, Node, global_id
from gateway.schema.references import ClassType, EssayType
from gateway.windows import DEFAULT_FIRST, window
from ras_service import contract as ras


def student_node_id(root: cms.Student) -> strawberry.ID:
    return global_id("Student", root.id)


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
    node_id: strawberry.ID = strawberry.field(resolver=student_node_id, name="id", description=GLOBAL_ID)
    id: UUID = strawberry.field(name="studentId", description="The key of the student, as REST has it.")
    class_ids: strawberry.Private[list[UUID]]

    @strawberry.field(
        graphql_type=list[ClassType] | None, description="The classes that the student is in: 20 at most."
    )
    async def classes(self, info: GraphInfo) -> list[cms.SchoolClass]:
        found = await info.context.loaders.class_by_id.load_many(info, self.class_ids)
        return [each for each in found if each]

    @strawberry.field(
        graphql_type=Connection[EssayType] | None,
        description="The essays that the student is known to have written, newest first; `totalCount` also counts "
        "those whose registration has not arrived everywhere, which a page leaves out.",
    )
    async def essays(
        self, info: GraphInfo, first: First = DEFAULT_FIRST, after: After = strawberry.UNSET
    ) -> Connection[ras.Essay]:
        asked, loaders = window(first, after), info.context.loaders
        page = await loaders.essay_ids_by_student.load(info, (self.id, asked))
        essays = await loaders.essay_by_id.load_many(info, [each.essay_id for each in page.items])
        return connect(essays, page.cursors, page.total, page.next, asked)

    @classmethod
    def is_type_of(cls, value: Any, _: RawInfo[Any, Any]) -> bool:
        return isinstance(value, cms.Student)
