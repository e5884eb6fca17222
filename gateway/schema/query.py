"""The root of every query."""

from collections.abc import Awaitable, Sequence
from typing import Annotated

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.batches import Batch
from gateway.schema.classes import SchoolClass
from gateway.schema.connection import After, Connection, First, Listed, Offset, connect
from gateway.schema.courses import Course
from gateway.schema.finding import NodeRecord, find
from gateway.schema.node import Node, uuid_of
from gateway.schema.students import Student
from gateway.schema.viewer import Teacher
from gateway.windows import DEFAULT_FIRST, window
from kit.errors import invalid
from ras_service import contract as ras

MAX_NODES = 100

Id = Annotated[
    strawberry.ID, strawberry.argument(description="The global id, or the bare UUID; another type's id is unknown.")
]


@strawberry.type(description="Everything that can be read. An answer is the signed-in teacher's, and nobody else's.")
class Query:
    @strawberry.field(description="The teacher whose token the request bears.")
    def viewer(self, info: GraphInfo) -> Teacher | None:
        return Teacher(user_id=info.context.identity.user_id, org_id=info.context.identity.org_id)

    @strawberry.field(graphql_type=Connection[Batch] | None, description="The teacher's batches, newest first.")
    async def batches(
        self,
        info: GraphInfo,
        first: First = DEFAULT_FIRST,
        after: After = strawberry.UNSET,
        offset: Offset = 0,
        status: Annotated[
            list[ras.BatchStatus] | None,
            strawberry.argument(description="Only batches with one of these; none or null is all."),
        ] = strawberry.UNSET,
    ) -> Listed[ras.Batch]:
        asked = window(first, after, offset)
        page = await info.context.ras.batches(asked, status or [])
        return connect(page.batches, page.cursors, page.pagination.total, page.pagination.next, asked)

    @strawberry.field(graphql_type=Batch | None, description="One of the teacher's batches; null for any other.")
    async def batch(self, info: GraphInfo, id: Id) -> ras.Batch | None:
        batch_id = uuid_of("Batch", id)
        return await info.context.loaders.batch_by_id.load(info, batch_id) if batch_id else None

    @strawberry.field(graphql_type=Connection[SchoolClass] | None, description="The teacher's classes, newest first.")
    async def classes(
        self,
        info: GraphInfo,
        first: First = DEFAULT_FIRST,
        after: After = strawberry.UNSET,
        offset: Offset = 0,
    ) -> Listed[cms.SchoolClass]:
        asked = window(first, after, offset)
        page = await info.context.cms.classes(asked)
        return connect(page.classes, page.cursors, page.pagination.total, page.pagination.next, asked)

    @strawberry.field(
        name="class", graphql_type=SchoolClass | None, description="One of the teacher's classes; null for any other."
    )
    async def school_class(self, info: GraphInfo, id: Id) -> cms.SchoolClass | None:
        class_id = uuid_of("SchoolClass", id)
        return await info.context.loaders.class_by_id.load(info, class_id) if class_id else None

    @strawberry.field(
        graphql_type=Connection[Student] | None,
        description="The teacher's students, by last name, first name and id, in Swedish order.",
    )
    async def students(
        self,
        info: GraphInfo,
        first: First = DEFAULT_FIRST,
        after: After = strawberry.UNSET,
        offset: Offset = 0,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="What the last name, the first name or the e-mail address begins with; at most 100 "
                "characters, blanks around them do not count. Empty or null is all students."
            ),
        ] = strawberry.UNSET,
    ) -> Listed[cms.Student]:
        asked = window(first, after, offset)
        page = await info.context.cms.students(asked, search or "")
        return connect(page.students, page.cursors, page.pagination.total, page.pagination.next, asked)

    @strawberry.field(graphql_type=Student | None, description="One of the teacher's students; null for any other.")
    async def student(self, info: GraphInfo, id: Id) -> cms.Student | None:
        student_id = uuid_of("Student", id)
        return await info.context.loaders.student_by_id.load(info, student_id) if student_id else None

    @strawberry.field(graphql_type=list[Course] | None, description="Every course that there is.")
    async def courses(self, info: GraphInfo) -> list[cms.Course]:
        return await info.context.cms.courses()

    @strawberry.field(
        graphql_type=Node | None, description="Any object of the teacher's by its global id; null when unknown."
    )
    def node(
        self,
        info: GraphInfo,
        id: Annotated[strawberry.ID, strawberry.argument(description="A global id: a bare UUID names no type.")],
    ) -> Awaitable[NodeRecord | None] | None:
        return find(info, id)

    @strawberry.field(
        graphql_type=list[Node | None], description="Objects by their global ids, in that order; null for each unknown."
    )
    def nodes(
        self,
        info: GraphInfo,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_NODES} global ids.")],
    ) -> Sequence[Awaitable[NodeRecord | None] | None]:
        if len(ids) > MAX_NODES:
            raise invalid("ids", f"must be at most {MAX_NODES} ids, not {len(ids)}")
        return [find(info, each) for each in ids]
