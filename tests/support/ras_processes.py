"""RAS as processes that can be killed, and ways to bring it events until all are taken in."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from kit.events.kafka import membership
from tests.support.apps import INTERNAL, KEY
from tests.support.forks import fork
from tests.support.kafka import Kafka, patched
from tests.support.pipeline import PATH, Event
from tests.support.ports import free_port


class Transport(Protocol):
    """How events come to RAS, which starts with these settings. `port` is RAS's."""

    settings: dict[str, str]

    async def deliver(self, port: int, lists: Sequence[Sequence[Event]]) -> None:
        """Until all are taken in, through whatever outages."""
        ...


class ByHttp:
    """Some senders at once, each of which tries its list again until it is told that it is done."""

    settings: dict[str, str] = {}  # noqa: RUF012  none
    senders = 4

    async def deliver(self, port: int, lists: Sequence[Sequence[Event]]) -> None:
        left = list(lists)[::-1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=INTERNAL, timeout=30) as client:

            async def send() -> None:
                while left:
                    await self._sent(client, left.pop())

            await asyncio.gather(*(send() for _ in range(self.senders)))

    async def _sent(self, client: httpx.AsyncClient, events: Sequence[Event]) -> None:
        while True:
            try:
                answer = await client.post(PATH, json=events)
            except httpx.HTTPError:
                await asyncio.sleep(0.02)  # it is being started
                continue
            if answer.status_code == 202:
                assert answer.json()["dead"] == []
                return
            assert answer.status_code == 503, answer.text


class ByKafka:
    """A topic for each type, with some partitions; all is there before much of it is taken in."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self.settings = {
            "RESULT_AGGREGATOR_SERVICE_KAFKA_BOOTSTRAP_SERVERS": kafka.servers,
            "RESULT_AGGREGATOR_SERVICE_EVENT_BACKOFF_MAX_SECONDS": "0.2",
        }

    async def deliver(self, port: int, lists: Sequence[Sequence[Event]]) -> None:  # noqa: ARG002  it is not asked
        events = [event for each in lists for event in each]
        async with self._kafka.producer() as producer:
            sent = [await producer.send(*_record(each)) for each in events]
            await asyncio.gather(*sent)
        await self._kafka.consumed("result_aggregator_service", *{each["event_type"] for each in events})


def _record(event: Event) -> tuple[str, bytes, bytes]:
    return event["event_type"], json.dumps(event).encode(), event["data"]["batch_id"].encode()


@dataclass
class RasProcess:
    """One at a time, on one port."""

    url: str
    transport: Transport
    port: int = field(default_factory=free_port)
    process: ForkServerProcess | None = None
    lifeline: Connection | None = None

    async def start(self) -> None:
        settings = {
            "RESULT_AGGREGATOR_SERVICE_DATABASE_URL": self.url,
            "RESULT_AGGREGATOR_SERVICE_PORT": str(self.port),
            "INTERNAL_API_KEY": KEY,
            **self.transport.settings,
        }
        self.process, self.lifeline = fork("ras", settings, Path(os.devnull), _impatient)
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await self._ready(client):
                assert self.process.is_alive()
                await asyncio.sleep(0.02)

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        if self.process and self.lifeline:
            self.process.kill()
            self.process.join()
            self.lifeline.close()
            self.process = self.lifeline = None


def _impatient() -> None:
    """A killed member is soon missed, and what is in hand is little, so that there is much to be killed in."""
    patch = pytest.MonkeyPatch()
    patched(patch)
    patch.setattr(membership, "_SESSION_MS", 500)
    patch.setattr(membership, "_AT_ONCE", 50)


@asynccontextmanager
async def ras_process(url: str, transport: Transport) -> AsyncIterator[RasProcess]:
    made = RasProcess(url, transport)
    try:
        await made.start()
        yield made
    finally:
        made.kill()
