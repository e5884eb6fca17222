"""`/metrics`, as Prometheus reads it, without credentials."""

import asyncio
from math import nan

import structlog
from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.db import database
from kit.events.metrics import Backlog, backlog
from kit.metrics import Metrics, exposition
from kit.openapi import Answer, operation

log = structlog.get_logger("metrics")
_BACKLOG_SECONDS = 2


def metrics_routes() -> list[Route]:
    registry = CollectorRegistry()

    def gauge(name: str, documentation: str) -> Gauge:
        return Gauge(name, documentation, registry=registry, multiprocess_mode="mostrecent")

    depth = gauge("event_outbox_depth", "Events that some subscriber has not got; NaN: unknown.")
    oldest = gauge("event_outbox_oldest_seconds", "Age of the oldest of them.")
    parked = gauge("event_deliveries_parked", "Deliveries that wait for an operator.")

    @operation(summary="Metrics, for Prometheus.", answers={200: Answer(str, media_type="text/plain")})
    async def metrics(request: Request) -> Response:
        found = await _backlog(request)
        depth.set(found.depth if found else nan)
        oldest.set(found.oldest_seconds if found else nan)
        parked.set(found.parked if found else nan)
        own = request.app.state.metrics
        assert isinstance(own, Metrics)
        own.carry()
        return exposition(own.registry, registry)

    return [Route("/metrics", metrics)]


async def _backlog(request: Request) -> Backlog | None:
    """None while the database is away: the rest is told all the same."""
    try:
        async with asyncio.timeout(_BACKLOG_SECONDS), database(request).read() as connection:
            return await backlog(connection)
    except Exception as error:  # noqa: BLE001  whatever goes wrong there, somebody watches the rest
        log.warning("outbox not counted", reason=repr(error))
        return None
