"""Events as a part of a service: its route, and what runs beside its requests."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from starlette.routing import Route

from kit.db import Database
from kit.events.backoff import Backoff
from kit.events.delivery import Pace
from kit.events.endpoint import receive_events
from kit.events.http import http_client, http_transport
from kit.events.ingest import Handlers, Ingest
from kit.events.outbox import CHANNEL
from kit.events.relay import Relay, Terms
from kit.listener import Listener
from kit.settings import ServiceSettings

log = structlog.get_logger("events")
_FIRST_BACKOFF_SECONDS = 0.1
_STOP_SECONDS = 5


def event_routes() -> list[Route]:
    return [Route("/events", receive_events, methods=["POST"])]


@asynccontextmanager
async def events(
    settings: ServiceSettings,
    database: Database,
    handlers: Handlers,
    subscribers: Mapping[str, Sequence[str]],
    listener: Listener,
) -> AsyncIterator[Ingest]:
    """`subscribers`: URLs by event type. `listener` runs inside the block, as its giver's."""
    async with http_client(settings.service_id, settings.internal_api_key.get_secret_value()) as client:
        transport = http_transport(subscribers, client, seconds=settings.event_timeout_seconds)
        relay = Relay(settings.database_url, transport, terms(settings))
        listener.on(CHANNEL, lambda payload: relay.wake(lanes(payload)), relay.wake)
        async with relaying(relay):
            yield Ingest(database, handlers)


def terms(settings: ServiceSettings) -> Terms:
    pace = Pace(
        at_most=settings.event_batch_size,
        tries=settings.event_tries,
        poll=settings.event_poll_seconds,
        backoff=Backoff(_FIRST_BACKOFF_SECONDS, settings.event_backoff_max_seconds),
    )
    return Terms(pace, timedelta(days=settings.event_retention_days))


def lanes(payload: str) -> list[int]:
    return [int(lane) for lane in payload.split(",") if lane.isdecimal()]


@asynccontextmanager
async def relaying(relay: Relay, stop_seconds: float = _STOP_SECONDS) -> AsyncIterator[None]:
    """At the end of the block what is under way has `stop_seconds` to finish; what is cut off is sent again later."""
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await asyncio.wait([running], timeout=stop_seconds)
        running.cancel()
        [outcome] = await asyncio.gather(running, return_exceptions=True)
        if isinstance(outcome, Exception):
            log.error("relay broke down", exc_info=outcome)
