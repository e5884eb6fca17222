"""What resolvers share during one request, and what requests share during one process."""

import math
from dataclasses import dataclass

from msgspec import Struct
from prometheus_client import CollectorRegistry
from strawberry.types import Info

from cms_service.contract import ClassInfo
from gateway.loaders import Loaders
from gateway.metrics.calls import CallMetrics
from gateway.settings import GatewaySettings
from gateway.upstreams.cms import Cms, merged_class_info
from gateway.upstreams.cms_writing import CmsWriting
from gateway.upstreams.entitlements import NAME, TITLE, Entitlements
from gateway.upstreams.merging_calls import Merging
from gateway.upstreams.ras import Ras
from gateway.upstreams.sending import Sender
from gateway.upstreams.transport import Limits, Session, Upstream
from kit.auth import INTERNAL_API_KEY, SERVICE_ID
from kit.metrics import Tallies


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified token names. `expires_at` is in seconds of `time.time()`."""

    user_id: str
    org_id: str | None
    roles: tuple[str, ...]
    expires_at: float = math.inf


class Context(Struct, frozen=True):
    identity: Identity
    session: Session
    cms: Cms
    ras: Ras
    loaders: Loaders
    idempotency_key: str | None = None
    transport: str = "http"
    """How it was asked for: http, sse, websocket."""

    @property
    def changes(self) -> CmsWriting:
        return CmsWriting(self.cms.upstream, self.session)


GraphInfo = Info[Context, None]


@dataclass(frozen=True, slots=True)
class Upstreams:
    """`entitlements` is None where it is not configured."""

    cms: Upstream
    ras: Upstream
    entitlements: Upstream | None
    merging: Merging[ClassInfo | None] | None = None

    def context(self, identity: Identity, idempotency_key: str | None = None, transport: str = "http") -> Context:
        session = Session(identity.user_id)
        cms, ras = Cms(self.cms, session, self.merging), Ras(self.ras, session)
        loaders = Loaders(cms, ras, Entitlements(self.entitlements, session))
        return Context(identity, session, cms, ras, loaders, idempotency_key, transport)


def make_upstreams(
    settings: GatewaySettings,
    cms: Sender,
    ras: Sender,
    entitlements: Sender | None = None,
    metrics: CallMetrics | None = None,
) -> Upstreams:
    """`metrics`: of the application, whose `/metrics` tells them."""
    credentials = {
        INTERNAL_API_KEY: settings.internal_api_key.get_secret_value(),
        SERVICE_ID: settings.service_id,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "teacher-graph",
    }
    calls = metrics or CallMetrics(CollectorRegistry(), Tallies())
    limits = Limits(settings.http_client_timeout_seconds, settings.join_reads_seconds)
    to_cms = Upstream("cms", "class management service", cms, credentials, limits, metrics=calls)
    return Upstreams(
        to_cms,
        Upstream("ras", "result aggregator service", ras, credentials, limits, metrics=calls),
        Upstream(NAME, TITLE, entitlements, credentials, limits, metrics=calls) if entitlements else None,
        merged_class_info(to_cms) if settings.merge_class_info else None,
    )
