"""What is counted of events, with labels that have few values: types that are handled, subscribers of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

DELIVERIES = Counter(
    "event_deliveries",
    "Deliveries of the outbox by what became of them: delivered, refused, parked.",
    ["subscriber", "outcome"],
)
AWAY = Counter("event_subscriber_failures", "Attempts that found the subscriber away or overloaded.", ["subscriber"])
INGESTED = Counter(
    "events_ingested",
    "Events received by what became of them: accepted, duplicate, dead, ignored.",
    ["type", "outcome"],
)
INGEST_LAG = Histogram(
    "event_ingest_lag_seconds",
    "From an event's timestamp to the commit of its effect, by the clocks of its producer and ours.",
    ["type"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600, 86_400),
)
CONSUMER_LAG = Gauge(
    "event_consumer_lag",
    "Records of our partitions that are not committed yet.",
    ["topic"],
    multiprocess_mode="livesum",
)
CONSUMER_FAILURES = Counter(
    "event_consumer_failures",
    "Interruptions of the consumer by where: kafka, processing (the database is away, mostly).",
    ["where"],
)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`oldest_seconds` is the age of the oldest event that some subscriber has not got; `parked` counts deliveries."""

    depth: int
    oldest_seconds: float
    parked: int


_BACKLOG = text("""
    SELECT count(*) AS depth, coalesce(extract(epoch FROM now() - min(created_at)), 0) AS oldest_seconds,
           (SELECT count(*) FROM event_deliveries WHERE parked_at IS NOT NULL) AS parked
    FROM event_outbox WHERE published_at IS NULL
""")


async def backlog(connection: AsyncConnection) -> Backlog:
    row: Mapping[str, float] = (await connection.execute(_BACKLOG)).mappings().one()  # type: ignore[assignment]
    return Backlog(int(row["depth"]), float(row["oldest_seconds"]), int(row["parked"]))
