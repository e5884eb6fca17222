"""`/metrics`, shown on RAS."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from kit.db import Database
from kit.events.outbox import Event, Outbox
from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.support.apps import INTERNAL, KEY, UNUSED_URL, client
from tests.support.databases import RolledBack
from tests.support.given import TEACHER

PATH = f"/internal/v1/batches/user/{TEACHER}"
TEMPLATE = "/internal/v1/batches/user/{user_id}"


async def samples(of: httpx.AsyncClient, name: str) -> dict[tuple[str, ...], float]:
    """A metric's values by the values of its labels."""
    answer = await of.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    found = (sample for family in families for sample in family.samples if sample.name == name)
    return {tuple(sample.labels[label] for label in sorted(sample.labels)): sample.value for sample in found}


async def test_requests_are_counted_by_template_and_never_by_path(ras: httpx.AsyncClient) -> None:
    for _ in range(2):
        await ras.get(PATH)
    await ras.get(PATH, params={"limit": "0"})
    await ras.delete(PATH)
    await ras.get(f"/internal/v1/batches/{uuid4()}/status")
    await ras.get(f"/internal/v1/nowhere/{uuid4()}")
    await ras.get(f"/{uuid4()}")
    await ras.get(PATH, headers={"X-Service-ID": "stranger"})
    await ras.request("BREW", "/coffee")

    assert await samples(ras, "http_requests_total") == {
        ("GET", TEMPLATE, "200"): 2,
        ("GET", TEMPLATE, "400"): 1,
        ("DELETE", TEMPLATE, "405"): 1,
        ("GET", "/internal/v1/batches/{batch_id}/status", "404"): 1,
        ("GET", "unmatched", "401"): 1,
        ("GET", "unmatched", "404"): 2,
        ("other", "unmatched", "404"): 1,
    }
    told = (await ras.get("/metrics")).text
    assert TEACHER not in told
    assert (await samples(ras, "http_request_duration_seconds_count"))["GET", TEMPLATE] == 3


async def test_a_request_is_in_flight_until_it_is_answered_or_given_up(ras: httpx.AsyncClient) -> None:
    assert await samples(ras, "http_requests_in_flight") == {(): 1}
    path = f"/internal/v1/users/{TEACHER}/updates"
    waiting = asyncio.create_task(ras.get(path, params={"after": 0, "wait": 25}))
    async with asyncio.timeout(5):
        while await samples(ras, "http_requests_in_flight") != {(): 2}:  # noqa: ASYNC110  the scrape is what is tested
            await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert await samples(ras, "http_requests_in_flight") == {(): 1}
    told = await samples(ras, "http_requests_total")
    assert told["GET", "/internal/v1/users/{user_id}/updates", "499"] == 1


async def test_two_applications_do_not_add_up(ras: httpx.AsyncClient, cms: httpx.AsyncClient) -> None:
    await cms.get("/healthz")
    assert await samples(ras, "http_requests_total") == {}
    assert await samples(cms, "http_requests_total") == {("GET", "/healthz", "200"): 1}


@dataclass
class Data:
    batch_id: str


async def test_the_outbox_is_told_by_how_much_and_how_old(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    empty = {"event_outbox_depth": 0.0, "event_outbox_oldest_seconds": 0.0, "event_deliveries_parked": 0.0}
    assert {name: (await samples(ras, name))[()] for name in empty} == empty
    outbox, batch_ids = Outbox("result_aggregator_service"), [uuid4() for _ in range(3)]
    async with ras_database.write() as connection:
        await outbox.publish(connection, *(Event("a.v1", each, Data(str(each))) for each in batch_ids))
        old = "UPDATE event_outbox SET created_at = now() - interval '90 seconds' WHERE aggregate_id = :id"
        await connection.execute(text(old), {"id": batch_ids[1]})
        done = "UPDATE event_outbox SET published_at = now() WHERE aggregate_id = :id"
        await connection.execute(text(done), {"id": batch_ids[0]})
    assert (await samples(ras, "event_outbox_depth"))[()] == 2
    assert (await samples(ras, "event_outbox_oldest_seconds"))[()] == pytest.approx(90, abs=5)


@asynccontextmanager
async def pooled(url: str, **changes: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Database]]:
    settings = RasSettings(internal_api_key=SecretStr(KEY), database_url=url, **changes)
    database = Database.open(settings)
    async with client(create_app(settings, database), INTERNAL) as ras:
        yield ras, database
    await database.close()


async def test_statements_are_timed_those_that_fail_included(ras_url: str) -> None:
    async with pooled(ras_url, request_timeout_seconds=5) as (ras, database):
        before = (await samples(ras, "sql_statement_duration_seconds_count"))[()]
        async with database.write() as connection:
            await connection.execute(text("SELECT pg_sleep(0.3)"))
        with pytest.raises(Exception, match="not_a_table"):
            async with database.read() as connection:
                await connection.execute(text("SELECT * FROM not_a_table"))
        # The scrape itself counts the outbox, before it tells.
        assert (await samples(ras, "sql_statement_duration_seconds_count"))[()] == before + 3
        assert 0.3 <= (await samples(ras, "sql_statement_duration_seconds_sum"))[()] < 3
        assert (await samples(ras, "sql_statement_failures_total"))[()] == 1
        told = (await ras.get("/metrics")).text
        assert "pg_sleep" not in told
        assert "not_a_table" not in told


async def test_the_pool_tells_how_many_connections_are_in_use(ras_url: str) -> None:
    async with pooled(ras_url) as (ras, database):
        assert await samples(ras, "sql_pool_in_use") == {(): 0}
        async with database.read(), database.read():
            assert await samples(ras, "sql_pool_in_use") == {(): 2}
        assert await samples(ras, "sql_pool_in_use") == {(): 0}


async def test_without_a_database_the_rest_is_told() -> None:
    async with pooled(UNUSED_URL) as (ras, _):
        await ras.get(PATH)
        assert (await samples(ras, "http_requests_total"))["GET", TEMPLATE, "503"] == 1
        assert math.isnan((await samples(ras, "event_outbox_depth"))[()])


async def test_what_modules_count_for_the_process_is_told_too(ras: httpx.AsyncClient) -> None:
    """Each module's own counters, such as those of events."""
    body = {"event_type": "nobody.knows.v1", "event_id": str(uuid4()), "event_timestamp": "2026-09-14T12:00:00Z"}
    body |= {"source_service": "tests", "schema_version": 1, "correlation_id": str(uuid4()), "data": {}}  # type: ignore[dict-item]
    before = (await samples(ras, "events_ingested_total")).get(("ignored", "unknown"), 0)
    assert (await ras.post("/internal/v1/events", json=body)).status_code == 202
    assert (await samples(ras, "events_ingested_total"))["ignored", "unknown"] == before + 1
