"""Where what is counted anyway is read: of the engine from its beginning, of what the lifespan opens while it runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from gateway.execution import Engine
from gateway.live.hub import Hub
from gateway.metrics import GatewayMetrics
from gateway.metrics.standing import Standing, Values
from gateway.upstreams.sending import NetworkSender, Sender
from kit.background import background

CALLS, POLLS = "calls", "polls"
Senders = Mapping[tuple[str, str], Sender]
"""By service, and what they are for: calls, or polls that wait."""


def read_engine(metrics: GatewayMetrics, engine: Engine) -> None:
    engine.told = metrics.operations.prepared
    plans, standing = engine.plans.statistics, metrics.standing
    standing.read("graphql_documents", lambda: {("hit",): engine.kept.hits, ("miss",): engine.kept.misses})
    standing.read("graphql_documents_kept", lambda: {(): len(engine.kept)})
    standing.read("graphql_plans_compiled", lambda: {(): plans.compiled})
    standing.read("graphql_plan_compile_seconds", lambda: {(): plans.compile_seconds})
    standing.read(
        "graphql_executions", lambda: {("plan",): plans.planned, **{(why,): n for why, n in plans.fallbacks.items()}}
    )


@asynccontextmanager
async def watched(standing: Standing, senders: Senders, hub: Hub) -> AsyncIterator[None]:
    standing.read("upstream_connections", lambda: connections(senders))
    standing.read("live_channels", lambda: {(): hub.channels})
    standing.read("live_overflows", lambda: {(): hub.slowness.overflows})
    standing.read("live_replaced", lambda: {(): hub.slowness.replaced})
    async with background(standing.watch()):
        yield


def connections(senders: Senders) -> Values:
    found: dict[tuple[str, ...], float] = {}
    for (service, purpose), sender in senders.items():
        if isinstance(sender, NetworkSender):
            found[service, purpose, "busy"] = sender.pool.busy
            found[service, purpose, "idle"] = sender.pool.idle
    return found
