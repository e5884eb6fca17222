"""The dashboard as a Strawberry graph, the way its documentation has it: its view, its DataLoader, and httpx."""

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from benchmarks.bff import Caller, upstream_client, verification
from benchmarks.bff_dto import BatchStatus, ProcessingPhase
from benchmarks.settings import PeerSettings

strawberry.enum(BatchStatus)
strawberry.enum(ProcessingPhase, name="PhaseName")
_DONE = {BatchStatus.COMPLETED_SUCCESSFULLY, BatchStatus.COMPLETED_WITH_FAILURES}


class State(TypedDict):
    cms: httpx.AsyncClient
    ras: httpx.AsyncClient


@dataclass
class Context:
    caller: Caller
    ras: httpx.AsyncClient
    class_info: DataLoader[UUID, "ClassInfo | None"]


@strawberry.type
class ClassInfo:
    class_id: UUID
    class_name: str


@strawberry.type
class Batch:
    batch_id: UUID
    title: str | None
    status: BatchStatus
    processing_phase: ProcessingPhase | None
    total_essays: int
    completed_essays: int
    failed_essays: int
    created_at: datetime
    completed_at: datetime | None

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(b64encode(f"Batch:{self.batch_id}".encode()).decode())

    @strawberry.field
    def progress(self) -> int:
        if self.status in _DONE:
            return 100
        return 100 * (self.completed_essays + self.failed_essays) // self.total_essays if self.total_essays else 0

    @strawberry.field
    async def class_info(self, info: Info[Context, None]) -> ClassInfo | None:
        return await info.context.class_info.load(self.batch_id)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class BatchConnection:
    nodes: list[Batch]
    page_info: PageInfo
    total_count: int


@strawberry.type
class Query:
    @strawberry.field
    async def batches(
        self,
        info: Info[Context, None],
        first: int = 20,
        after: str | None = None,
        status: list[BatchStatus] | None = None,
    ) -> BatchConnection:
        caller = info.context.caller
        asked: dict[str, Any] = {"limit": first, "cursors": "true", "status": [each.value for each in status or []]}
        answer = await info.context.ras.get(
            f"/internal/v1/batches/user/{caller.user_id}",
            params=asked if after is None else {**asked, "after": after},
            headers=caller.headers(),
        )
        page = answer.raise_for_status().json()
        return BatchConnection(
            nodes=[batch(each) for each in page["batches"]],
            page_info=PageInfo(
                has_next_page=page["pagination"]["next"] is not None, end_cursor=(page["cursors"] or [None])[-1]
            ),
            total_count=page["pagination"]["total"],
        )


def batch(told: dict[str, Any]) -> Batch:
    phase, completed_at = told["current_phase"], told["processing_completed_at"]
    return Batch(
        batch_id=UUID(told["batch_id"]),
        title=told["title"],
        status=BatchStatus(told["overall_status"]),
        processing_phase=phase and ProcessingPhase(phase),
        total_essays=told["essay_count"],
        completed_essays=told["completed_essay_count"],
        failed_essays=told["failed_essay_count"],
        created_at=datetime.fromisoformat(told["created_at"]),
        completed_at=completed_at and datetime.fromisoformat(completed_at),
    )


def class_info(cms: httpx.AsyncClient, caller: Caller) -> DataLoader[UUID, ClassInfo | None]:
    async def load(batch_ids: Sequence[UUID]) -> list[ClassInfo | None]:
        answer = await cms.get(
            "/internal/v1/batches/class-info",
            params={"batch_ids": ",".join(map(str, batch_ids))},
            headers=caller.headers(),
        )
        found = answer.raise_for_status().json()
        infos = (found[str(batch_id)] for batch_id in batch_ids)
        return [info and ClassInfo(class_id=UUID(info["class_id"]), class_name=info["class_name"]) for info in infos]

    return DataLoader(load_fn=load)


class View(GraphQL[Context, None]):
    def __init__(self, settings: PeerSettings) -> None:
        super().__init__(strawberry.Schema(Query), graphql_ide=None)
        self.verified = verification(settings)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        caller = self.verified(request.headers.get("authorization", ""), request.headers.get("x-correlation-id"))
        if isinstance(response, Response):
            response.headers["X-Correlation-ID"] = caller.correlation_id
        return Context(caller, request.state.ras, class_info(request.state.cms, caller))


def create_app(settings: PeerSettings) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            yield {
                "cms": await stack.enter_async_context(upstream_client(settings, settings.cms_base_url)),
                "ras": await stack.enter_async_context(upstream_client(settings, settings.ras_base_url)),
            }

    return Starlette(routes=[Route("/graphql", View(settings), methods=["POST"])], lifespan=lifespan)
