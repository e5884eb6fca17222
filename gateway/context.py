"""What resolvers share during one request, and what requests share during one process."""

import math
from dataclasses import dataclass

import httpx
from strawberry.types import Info

from gateway.loaders import Loaders, make_loaders
from gateway.settings import GatewaySettings
from gateway.upstreams.cms import Cms
from gateway.upstreams.cms_writing import CmsWriting
from gateway.upstreams.entitlements import NAME, TITLE, Entitlements
from gateway.upstreams.ras import Ras
from gateway.upstreams.transport import Limits, Session, Upstream
from kit.auth import INTERNAL_API_KEY, SERVICE_ID


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token names. `expires_at` is in seconds of `time.time()`."""

    user_id: str
    org_id: str | None
    roles: tuple[str, ...]
    expires_at: float = math.inf


@dataclass(frozen=True, slots=True)
class Context:
    identity: Identity
    session: Session
    cms: Cms
    ras: Ras
    changes: CmsWriting
    loaders: Loaders
    idempotency_key: str | None = None


GraphInfo = Info[Context, None]


@dataclass(frozen=True, slots=True)
class Upstreams:
    """`entitlements` is None where it is not configured."""

    cms: Upstream
    ras: Upstream
    entitlements: Upstream | None

    def context(self, identity: Identity, idempotency_key: str | None = None) -> Context:
        session = Session(identity.user_id)
        cms, ras = Cms(self.cms, session), Ras(self.ras, session)
        loaders = make_loaders(cms, ras, Entitlements(self.entitlements, session))
        return Context(identity, session, cms, ras, CmsWriting(self.cms, session), loaders, idempotency_key)


def make_upstreams(
    settings: GatewaySettings,
    cms: httpx.AsyncClient,
    ras: httpx.AsyncClient,
    entitlements: httpx.AsyncClient | None = None,
) -> Upstreams:
    credentials = {
        INTERNAL_API_KEY: settings.internal_api_key.get_secret_value(),
        SERVICE_ID: settings.service_id,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "teacher-graph",
    }
    limits = Limits(settings.http_client_timeout_seconds, settings.upstream_max_body_bytes)
    return Upstreams(
        Upstream("cms", "class management service", cms, credentials, limits),
        Upstream("ras", "result aggregator service", ras, credentials, limits),
        Upstream(NAME, TITLE, entitlements, credentials, limits) if entitlements else None,
    )
