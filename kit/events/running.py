"""Events as a part of a service: its route, and what runs beside its requests."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

import structlog
from starlette.routing import Route

from kit.db import Database
from kit.events.backoff import Backoff
from kit.events.delivery import Pace
from kit.events.endpoint import receive_events
from kit.events.handling import Handlers
from kit.events.http import http_client, http_transport
from kit.events.ingest import Ingest
from kit.events.kafka.consumer import Consumer
from kit.events.kafka.membership import Group
from kit.events.kafka.producer import Producer
from kit.events.kafka.topics import kafka_transport
from kit.events.outbox import CHANNEL
from kit.events.relay import Relay, Terms
from kit.events.transport import Transport
from kit.listener import Listener
from kit.settings import ServiceSettings
from kit.updates import Updates

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
    *,
    updates: Updates,
) -> AsyncIterator[Ingest]:
    """`subscribers`: URLs by event type. `listener` runs inside the block, as its giver's."""
    ingest = Ingest(database, handlers, updates)
    async with transport_for(settings, subscribers) as transport:
        relay = Relay(settings.database_url, transport, terms(settings))
        listener.on(CHANNEL, lambda payload: relay.wake(lanes(payload)), relay.wake)
        async with working(relay, *consumers(settings, ingest, handlers)):
            yield ingest


@asynccontextmanager
async def transport_for(
    settings: ServiceSettings, subscribers: Mapping[str, Sequence[str]]
) -> AsyncIterator[Transport]:
    """Kafka where the settings name its brokers, or HTTP to `subscribers`."""
    if settings.kafka_bootstrap_servers:
        async with kafka_transport(
            settings.kafka_bootstrap_servers, settings.service_id, seconds=settings.event_timeout_seconds
        ) as transport:
            yield transport
        return
    async with http_client(settings.service_id, settings.internal_api_key.get_secret_value()) as client:
        yield http_transport(subscribers, client, seconds=settings.event_timeout_seconds)


def consumers(settings: ServiceSettings, ingest: Ingest, topics: Collection[str]) -> list[Consumer]:
    """None without brokers, or without a type of event that is handled."""
    servers = settings.kafka_bootstrap_servers
    if not servers or not topics:
        return []
    group = Group(servers, settings.kafka_consumer_group or settings.service_id, frozenset(topics))
    letters = Producer(servers, settings.service_id, settings.event_timeout_seconds)
    pause = Backoff(_FIRST_BACKOFF_SECONDS, settings.event_backoff_max_seconds)
    return [Consumer(group, ingest, letters, settings.kafka_dead_letter_topic, pause)]


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


class Runner(Protocol):
    async def run(self) -> None:
        """Until it is told to stop."""
        ...

    def stop(self) -> None: ...


@asynccontextmanager
async def working(*runners: Runner, stop_seconds: float = _STOP_SECONDS) -> AsyncIterator[None]:
    """At the end of the block what is under way has `stop_seconds` to finish; what is cut off is done again later."""
    running = [asyncio.create_task(each.run()) for each in runners]
    try:
        yield
    finally:
        for each in runners:
            each.stop()
        await asyncio.wait(running, timeout=stop_seconds)
        for task in running:
            task.cancel()
        for outcome in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("relay or consumer broke down", exc_info=outcome)
