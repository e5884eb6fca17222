"""The real applications, called in this process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from cms_service.app import create_app as create_cms
from cms_service.settings import CmsSettings
from gateway.app import create_app as create_gateway
from gateway.http.tokens import development_token
from gateway.lifespan import Transports
from gateway.settings import GatewaySettings
from ras_service.app import create_app as create_ras
from ras_service.settings import RasSettings
from tests.support.databases import RolledBack
from tests.support.given import TEACHER

KEY = "a-key-of-the-tests"
INTERNAL = {"X-Internal-API-Key": KEY, "X-Service-ID": "gateway"}
UNUSED_URL = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
GATEWAY = GatewaySettings(
    environment="development",
    internal_api_key=SecretStr(KEY),
    jwt_secret=SecretStr("a-secret-of-the-tests-with-32-characters"),
    cms_base_url="http://cms.test",
    ras_base_url="http://ras.test",
    teacher_requests_per_second=0,  # a fast machine would send more than a teacher may
)

PATIENT = GATEWAY.model_copy(
    update={
        "max_query_tokens": 100_000,
        "max_query_characters": 1_000_000,
        "max_depth": 100,
        "max_aliases": 1000,
        "max_root_fields": 1000,
        "max_directives": 1000,
        "max_fragments": 1000,
        "max_comparisons": 1_000_000,
        "max_cost": 10**9,
        "request_timeout_seconds": 60,
    }
)
"""Of whatever document, for tests of how it is answered."""


def cms_app(database: RolledBack) -> Starlette:
    return create_cms(CmsSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL), database)


def ras_app(database: RolledBack) -> Starlette:
    return create_ras(RasSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL), database)


def mockable(
    cms: httpx.AsyncBaseTransport | None = None,
    ras: httpx.AsyncBaseTransport | None = None,
    entitlements: httpx.AsyncBaseTransport | None = None,
) -> Transports:
    """Where none is given, the network as httpx has it, so that respx can answer."""
    network = httpx.AsyncHTTPTransport
    return Transports(cms or network(), ras or network(), entitlements or network())


def gateway_app(
    cms: httpx.AsyncBaseTransport | None, ras: httpx.AsyncBaseTransport | None, settings: GatewaySettings = GATEWAY
) -> Starlette:
    return create_gateway(settings, mockable(cms, ras))


def bearer(user_id: str = TEACHER) -> dict[str, str]:
    return {"Authorization": f"Bearer {development_token(GATEWAY, user_id)}"}


class StatefulTransport(httpx.ASGITransport):
    """ASGITransport with the lifespan's state, which a server would put in each scope."""

    def __init__(self, app: Starlette, state: Mapping[str, object]) -> None:
        async def with_state(scope, receive, send):  # type: ignore[no-untyped-def]
            await app({**scope, "state": dict(state)}, receive, send)

        super().__init__(with_state)


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[httpx.ASGITransport]:
    async with app.router.lifespan_context(app) as state:
        yield StatefulTransport(app, state or {})


@asynccontextmanager
async def client(app: Starlette, headers: Mapping[str, str] | None = None) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running(app) as transport,
        httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as made,
    ):
        yield made
