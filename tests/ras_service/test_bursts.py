"""A burst of events, as a teacher who looks on sees it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import INTERNAL, KEY
from tests.support.databases import Databases
from tests.support.pipeline import Event, Pipeline, receive
from tests.support.ports import free_port
from tests.support.servers import served

ESSAYS = 30
BURST_SECONDS = 0.2


@asynccontextmanager
async def serving(databases: Databases) -> AsyncIterator[httpx.AsyncClient]:
    settings = RasSettings(
        internal_api_key=SecretStr(KEY),
        database_url=await migrated(databases, "ras"),
        port=free_port(),
        event_subscribers={},
    )
    with capture_logs():
        async with (
            served(create_app(settings), settings) as base_url,
            httpx.AsyncClient(base_url=base_url, headers=INTERNAL, timeout=30) as client,
        ):
            yield client


class Reader:
    def __init__(self, client: httpx.AsyncClient, user_id: str) -> None:
        self.client = client
        self.path = f"/internal/v1/users/{user_id}/updates"
        self.seen: list[Event] = []
        self.cursor = 0

    async def poll(self) -> None:
        """Waits for news."""
        page = (await self.client.get(self.path, params={"after": self.cursor, "wait": 20})).json()
        self.cursor = page["cursor"]
        self.seen += page["updates"]

    async def poll_until(self, completed: int) -> None:
        while not self.seen or self.seen[-1]["payload"]["completed_essays"] < completed:
            await self.poll()


@pytest.mark.timeout(60)
async def test_thirty_results_are_a_few_updates_and_the_last_is_exact(databases: Databases) -> None:
    """One for the news that a poll waited for, and one for all that came while its answer was dealt with."""
    pipeline = Pipeline(size=ESSAYS)
    async with serving(databases) as client:
        await receive(client, pipeline.registered(), pipeline.configured("spellcheck"), pipeline.started())
        busy, eager = Reader(client, pipeline.user_id), Reader(client, pipeline.user_id)
        await asyncio.gather(busy.poll(), eager.poll())
        assert [len(each.seen) for each in (busy, eager)] == [1, 1]

        async def result(n: int) -> None:
            await asyncio.sleep(BURST_SECONDS * n / ESSAYS)
            await receive(client, pipeline.spellcheck(n))

        reading = asyncio.create_task(eager.poll_until(ESSAYS))
        await asyncio.gather(busy.poll(), *(result(n) for n in range(ESSAYS)))
        await busy.poll_until(ESSAYS)
        await reading
    assert len(busy.seen) <= 3
    for reader in (busy, eager):
        assert reader.seen[-1]["payload"] == {
            "batch_id": pipeline.batch_id,
            "status": "processing",
            "processing_phase": None,
            "total_essays": ESSAYS,
            "completed_essays": ESSAYS,
            "failed_essays": 0,
            "completed_at": None,
        }
        counts = [each["payload"]["completed_essays"] for each in reader.seen]
        assert counts == sorted(set(counts))
