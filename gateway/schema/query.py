"""The root of every query."""

import strawberry

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.batches import Batch
from gateway.schema.connection import Connection, connect, window
from gateway.schema.courses import Course
from gateway.schema.node import Node, typed_uuid, uuid_of
from ras_service import contract as ras


@strawberry.type(description="The signed-in teacher.")
class Teacher:
    user_id: str
    org_id: str | None


@strawberry.type
class Query:
    @strawberry.field(description="The teacher whose token the request bears.")
    def viewer(self, info: GraphInfo) -> Teacher | None:
        return Teacher(user_id=info.context.identity.user_id, org_id=info.context.identity.org_id)

    @strawberry.field(
        graphql_type=Connection[Batch] | None,
        description="The teacher's batches, newest first. `first` is 1 to 100; `offset` does not go with `after`.",
    )
    async def batches(
        self,
        info: GraphInfo,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        offset: int | None = 0,
        status: list[ras.BatchStatus] | None = strawberry.UNSET,
    ) -> Connection[ras.Batch] | None:
        asked = window(first, after, offset)
        page = await info.context.ras.batches(asked.first, asked.after, asked.offset, status or [])
        return connect(
            page.batches,
            page.cursors or [],
            page.pagination.total,
            has_next=page.pagination.next is not None,
            has_previous=asked.has_previous,
        )

    @strawberry.field(graphql_type=Batch | None, description="One of the teacher's batches; null for any other.")
    async def batch(self, info: GraphInfo, id: strawberry.ID) -> ras.Batch | None:
        batch_id = uuid_of("Batch", id)
        return await info.context.loaders.batch_by_id.load(batch_id) if batch_id else None

    @strawberry.field(graphql_type=list[Course] | None, description="Every course that there is.")
    async def courses(self, info: GraphInfo) -> list[cms.Course] | None:
        return await info.context.cms.courses()

    @strawberry.field(graphql_type=Node | None, description="Any object by its global id.")
    async def node(self, info: GraphInfo, id: strawberry.ID) -> ras.Batch | None:
        match typed_uuid(id):
            case ("Batch", batch_id):
                return await info.context.loaders.batch_by_id.load(batch_id)
        return None
