"""What resolvers share during one request, and what requests share during one process."""

from dataclasses import dataclass

import httpx
from strawberry.types import Info

from gateway.loaders import Loaders, make_loaders
from gateway.settings import GatewaySettings
from gateway.upstreams.cms import Cms
from gateway.upstreams.ras import Ras
from gateway.upstreams.transport import Limits, Session, Upstream
from kit.auth import INTERNAL_API_KEY, SERVICE_ID


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token names."""

    user_id: str
    org_id: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    identity: Identity
    session: Session
    cms: Cms
    ras: Ras
    loaders: Loaders


GraphInfo = Info[Context, None]


@dataclass(frozen=True, slots=True)
class Upstreams:
    cms: Upstream
    ras: Upstream

    def context(self, identity: Identity) -> Context:
        session = Session(identity.user_id)
        cms, ras = Cms(self.cms, session), Ras(self.ras, session)
        return Context(identity, session, cms, ras, make_loaders(cms, ras))


def make_upstreams(settings: GatewaySettings, cms: httpx.AsyncClient, ras: httpx.AsyncClient) -> Upstreams:
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
    )
