"""What the gateway opens once: its connections to the upstreams, and the hub of what changes in them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from starlette.applications import Starlette

from gateway.context import Upstreams, make_upstreams
from gateway.http.auth import Authenticator
from gateway.live.hub import Hub, make_hub
from gateway.metrics import GatewayMetrics
from gateway.metrics.watching import CALLS, POLLS, watched
from gateway.settings import GatewaySettings
from gateway.upstreams.http1.connection import PoolLimits
from gateway.upstreams.http1.pool import Pool
from gateway.upstreams.sending import NetworkSender, Sender
from kit.app import KEEP_ALIVE_SECONDS

if TYPE_CHECKING:
    import httpx


class State(TypedDict):
    upstreams: Upstreams
    live: Hub


@dataclass(frozen=True, slots=True)
class Transports:
    """What the upstream calls go through; the network, unless a test gives the applications themselves."""

    cms: "httpx.AsyncBaseTransport | None" = None
    ras: "httpx.AsyncBaseTransport | None" = None
    entitlements: "httpx.AsyncBaseTransport | None" = None


@dataclass(frozen=True, slots=True)
class Opening:
    settings: GatewaySettings
    given: Transports
    metrics: GatewayMetrics
    authenticator: Authenticator

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[State]:
        settings, given = self.settings, self.given
        polling = settings.live_connections  # polls that wait would leave none to those who do not
        async with AsyncExitStack() as stack:

            async def sender(url: str, transport: "httpx.AsyncBaseTransport | None", most: int | None = None) -> Sender:
                return await stack.enter_async_context(self._sender(url, transport, most))

            cms = await sender(settings.cms_base_url, given.cms)
            ras = await sender(settings.ras_base_url, given.ras)
            url = settings.entitlements_base_url
            entitlements = await sender(url, given.entitlements) if url else None
            upstreams = make_upstreams(settings, cms, ras, entitlements, self.metrics.calls)
            cms_polls = await sender(settings.cms_base_url, given.cms, polling)
            ras_polls = await sender(settings.ras_base_url, given.ras, polling)
            hub = make_hub(settings, upstreams, cms_polls, ras_polls)
            calls = {("cms", CALLS): cms, ("ras", CALLS): ras, ("cms", POLLS): cms_polls, ("ras", POLLS): ras_polls}
            await stack.enter_async_context(self.authenticator.opened())
            await stack.enter_async_context(watched(self.metrics.standing, calls, hub))
            yield {"upstreams": upstreams, "live": await stack.enter_async_context(hub.open())}

    @asynccontextmanager
    async def _sender(
        self, base_url: str, transport: "httpx.AsyncBaseTransport | None", most: int | None
    ) -> AsyncIterator[Sender]:
        """As the settings have it, where nothing else is given. The deadline of a call is the transport module's."""
        settings = self.settings
        max_body = settings.upstream_max_body_bytes
        if transport:
            from gateway.upstreams.through_httpx import through  # noqa: PLC0415  it loads httpx

            async with through(base_url, transport, max_body) as given:
                yield given
            return
        connections, connect = most or settings.upstream_connections, settings.http_client_timeout_seconds
        pool = Pool(base_url, PoolLimits(connections, KEEP_ALIVE_SECONDS / 2, connect, max_body))
        try:
            yield NetworkSender(pool)
        finally:
            await pool.aclose()
