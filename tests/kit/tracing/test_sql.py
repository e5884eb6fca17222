"""Statements as a collector is told of them, by whichever way they are sent."""

from collections.abc import AsyncIterator, Iterator

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit.db import Database
from kit.driver import Prepared
from kit.statements import Statements
from kit.tracing import SERVER, Tracing
from kit.tracing.export import Collector as To
from kit.tracing.sql import described
from kit.tracing.tracer import Sampler
from ras_service.settings import RasSettings
from tests.support.apps import KEY
from tests.support.collector import Collector, collecting

DIVIDED = Prepared(text("SELECT 1 / CAST(:by AS INTEGER) AS found"))


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
async def database(ras_url: str) -> AsyncIterator[Database]:
    made = Database.open(RasSettings(internal_api_key=KEY, database_url=ras_url))
    yield made
    await made.close()


async def test_both_ways_of_sending_are_told_and_how_they_failed(database: Database, collector: Collector) -> None:
    tracing = Tracing("ras", "production", To(f"{collector.url}/v1/traces"), Sampler(1, parent_based=True))
    async with tracing.open(), Statements(CollectorRegistry()).watched(database.engine):
        assert tracing.tracer
        with tracing.tracer.begin("top", SERVER):
            async with database.read() as connection:
                await connection.execute(text("SELECT state FROM batch_results WHERE title = :title"), {"title": "Åsa"})
                await DIVIDED.rows(connection, by=1)
                with pytest.raises(DBAPIError):
                    await connection.execute(text("SELECT 'Åsa'::integer FROM batch_results"))
                with pytest.raises(DBAPIError):
                    await DIVIDED.rows(connection, by=0)
        async with database.read() as connection:
            await connection.execute(text("SELECT 'of nobody'"))

    (top,) = collector.named("top")
    told = [(each.name, each.failed, each.attributes) for each in collector.under(top)]
    url = database.engine.url
    common = {
        "db.system.name": "postgresql",
        "db.namespace": url.database,
        "db.operation.name": "SELECT",
        "server.address": url.host or "",
        "server.port": url.port or 5432,
    }
    divided = "SELECT ? / CAST($1 AS INTEGER) AS found"
    expected = [
        ("SELECT batch_results", "SELECT state FROM batch_results WHERE title = $1", None),
        ("SELECT", divided, None),
        ("SELECT batch_results", "SELECT ?::integer FROM batch_results", "22P02"),
        ("SELECT", divided, "22012"),
    ]
    assert told == [
        (
            name,
            bool(code),
            common | {"db.query.summary": name, "db.query.text": sql} | ({"error.type": code} if code else {}),
        )
        for name, sql, code in expected
    ]
    assert len(collector.spans) == 5
    assert {each.kind for each in collector.under(top)} == {"client"}


@pytest.mark.parametrize(
    ("sql", "summary", "told"),
    [
        ("select 1", "SELECT", "select ?"),
        ("SELECT a1 FROM t1\n WHERE b = 1.5", "SELECT t1", "SELECT a1 FROM t1 WHERE b = ?"),
        ("INSERT INTO x VALUES ('it''s Åsa', $1)", "INSERT x", "INSERT INTO x VALUES (?, $1)"),
        ("UPDATE x SET a = $1 WHERE b = '2026-01-01'", "UPDATE x", "UPDATE x SET a = $1 WHERE b = ?"),
        (
            "SELECT 1 FROM unnest($1::UUID[]) JOIN y ON true",
            "SELECT y",
            "SELECT ? FROM unnest($1::UUID[]) JOIN y ON true",
        ),
        ("", "SQL", ""),
    ],
)
def test_a_statement_is_told_without_values(sql: str, summary: str, told: str) -> None:
    found = described(sql)
    assert (found.summary, found.text) == (summary, told)
