"""The dashboard as a hand-written REST backend-for-frontend: FastAPI, httpx and pydantic models.

It is the kind of service that the graph replaces, written the way its documentation recommends and without the
mistakes that would make it slow: one shared client, one call to each upstream, models validated from bytes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, TypedDict
from uuid import UUID, uuid4

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import ValidationError

from benchmarks.bff_dto import CMS_CLASS_INFO, CmsClassInfo, RasBatch, RasBatches, TeacherBatchItem, TeacherDashboard
from benchmarks.settings import PeerSettings


class State(TypedDict):
    cms: httpx.AsyncClient
    ras: httpx.AsyncClient


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: str
    correlation_id: str

    def headers(self) -> dict[str, str]:
        return {"X-User-ID": self.user_id, "X-Correlation-ID": self.correlation_id}


def create_app(settings: PeerSettings) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            yield {
                "cms": await stack.enter_async_context(upstream_client(settings, settings.cms_base_url)),
                "ras": await stack.enter_async_context(upstream_client(settings, settings.ras_base_url)),
            }

    app = FastAPI(title="Teacher backend-for-frontend", lifespan=lifespan)
    authenticate = Depends(authentication(settings))

    @app.get("/bff/v1/teacher/dashboard", response_model=TeacherDashboard)
    async def dashboard(
        request: Request,
        response: Response,
        caller: Annotated[Caller, authenticate],
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> TeacherDashboard:
        response.headers["X-Correlation-ID"] = caller.correlation_id
        page = await read_batches(request.state.ras, caller, limit, offset)
        classes = await read_classes(request.state.cms, caller, page.batches)
        items = [batch_item(batch, classes.get(batch.batch_id)) for batch in page.batches]
        return TeacherDashboard(batches=items, total_count=page.pagination.total, limit=limit, offset=offset)

    @app.exception_handler(httpx.HTTPError)
    @app.exception_handler(ValidationError)
    async def upstream_failed(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"detail": "An upstream service did not answer as it should."}, 502)

    return app


def upstream_client(settings: PeerSettings, base_url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        headers={
            "X-Internal-API-Key": settings.internal_api_key.get_secret_value(),
            "X-Service-ID": settings.service_id,
        },
        timeout=settings.upstream_timeout_seconds,
        limits=httpx.Limits(
            max_connections=settings.upstream_connections,
            max_keepalive_connections=settings.upstream_connections,
            # Less than the 5 s after which uvicorn closes: a request must not meet the closing.
            keepalive_expiry=4,
        ),
        trust_env=False,
    )


def authentication(settings: PeerSettings) -> Callable[..., object]:
    verified = verification(settings)

    async def authenticate(
        authorization: Annotated[str, Header()] = "", x_correlation_id: Annotated[str | None, Header()] = None
    ) -> Caller:
        return verified(authorization, x_correlation_id)

    return authenticate


def verification(settings: PeerSettings) -> Callable[[str, str | None], Caller]:
    """Of a request's Authorization and X-Correlation-ID. What it returns raises HTTPException."""
    key = OctKey.import_key(settings.jwt_secret.get_secret_value())
    claims = jwt.JWTClaimsRegistry(
        exp={"essential": True},
        sub={"essential": True},
        aud={"essential": True, "value": settings.jwt_audience},
        iss={"essential": True, "value": settings.jwt_issuer},
    )

    def verified(authorization: str, correlation_id: str | None) -> Caller:
        try:
            token = jwt.decode(authorization.removeprefix("Bearer "), key, algorithms=["HS256"])
            claims.validate(token.claims)
        except (JoseError, ValueError):
            raise HTTPException(401, "A valid bearer token is required.") from None
        return Caller(token.claims["sub"], correlation_id or str(uuid4()))

    return verified


async def read_batches(ras: httpx.AsyncClient, caller: Caller, limit: int, offset: int) -> RasBatches:
    answer = await ras.get(
        f"/internal/v1/batches/user/{caller.user_id}",
        params={"limit": limit, "offset": offset},
        headers=caller.headers(),
    )
    return RasBatches.model_validate_json(answer.raise_for_status().content)


async def read_classes(
    cms: httpx.AsyncClient, caller: Caller, batches: list[RasBatch]
) -> dict[UUID, CmsClassInfo | None]:
    if not batches:
        return {}
    answer = await cms.get(
        "/internal/v1/batches/class-info",
        params={"batch_ids": ",".join(str(each.batch_id) for each in batches)},
        headers=caller.headers(),
    )
    return CMS_CLASS_INFO.validate_json(answer.raise_for_status().content)


def batch_item(batch: RasBatch, info: CmsClassInfo | None) -> TeacherBatchItem:
    return TeacherBatchItem(
        batch_id=batch.batch_id,
        title=batch.title,
        class_name=info.class_name if info else None,
        status=batch.overall_status,
        total_essays=batch.essay_count,
        completed_essays=batch.completed_essay_count,
        failed_essays=batch.failed_essay_count,
        created_at=batch.created_at,
        completed_at=batch.processing_completed_at,
        processing_phase=batch.current_phase,
    )
