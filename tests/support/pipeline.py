"""The pipeline's events as RAS receives them, and what RAS makes of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from kit.db import Database
from ras_service import events
from tests.support.given import TEACHER, minutes

Event = dict[str, Any]
PATH = "/internal/v1/events"


def envelope(event_type: str, at: datetime, data: Event, **changes: Any) -> Event:
    values: Event = {
        "event_id": str(uuid4()),
        "event_type": event_type,
        "event_timestamp": at.isoformat(),
        "source_service": "essay_lifecycle_service",
        "schema_version": 1,
        "correlation_id": str(uuid4()),
        "data": data,
        "metadata": {"partition_key": "x"},
    }
    return values | changes


@dataclass
class Pipeline:
    """One batch's events. `at` is in minutes after noon; whatever else is given goes into the envelope.

    `registers`: so many of `essays` are the batch's.
    """

    size: int = 2
    guest: bool = False
    user_id: str = TEACHER
    batch_id: str = field(default_factory=lambda: str(uuid4()))
    essays: list[str] = field(default_factory=list)
    registers: int | None = None

    def __post_init__(self) -> None:
        self.essays = self.essays or sorted(str(uuid4()) for _ in range(self.size))
        self.class_id = None if self.guest else str(uuid4())

    def event(self, event_type: str, at: float, data: Event, **changes: Any) -> Event:
        return envelope(event_type, minutes(at), {"batch_id": self.batch_id, **data}, **changes)

    def registered(self, at: float = 0, data: Event | None = None, **changes: Any) -> Event:
        known: Event = {
            "user_id": self.user_id,
            "class_id": self.class_id,
            "course_code": "SV1",
            "expected_essay_count": len(self.essays[: self.registers]),
            "essay_ids": self.essays[: self.registers],
            "assignment_id": "uppgift-7",
            "title": "Nationella provet",
        }
        return self.event(events.BATCH_ESSAYS_REGISTERED, at, known | (data or {}), **changes)

    def slot(self, n: int, at: float = 1, name: str | None = None, **changes: Any) -> Event:
        data = {"essay_id": self.essays[n], "original_file_name": name or f"essä_{n}.docx"}
        return self.event(events.SLOT_ASSIGNED, at, data, **changes)

    def slots(self, at: float = 1) -> list[Event]:
        return [self.slot(n, at) for n in range(len(self.essays))]

    def content_failed(self, at: float = 2, **changes: Any) -> Event:
        return self.event(events.CONTENT_FAILED, at, {"reason": "tom fil"}, **changes)

    def confirmed(self, at: float = 3, *, timeout: bool = False, **changes: Any) -> Event:
        data = {
            "class_id": self.class_id or str(uuid4()),
            "course_code": "SV1",
            "timeout_triggered": timeout,
            "associations": [],
            "validation_summary": {"total_associations": 0, "confirmed": 0, "rejected": 0},
        }
        return self.event(events.ASSOCIATIONS_CONFIRMED, at, data, **changes)

    def configured(self, *phases: str, at: float = 4, **changes: Any) -> Event:
        return self.event(events.PIPELINE_CONFIGURED, at, {"requested_pipelines": list(phases)}, **changes)

    def started(self, at: float = 5, **changes: Any) -> Event:
        return self.event(events.PIPELINE_STARTED, at, {}, **changes)

    def outcome(
        self, phase: str, done: Iterable[int] = (), failed: Iterable[int] = (), *, at: float = 6, **changes: Any
    ) -> Event:
        data = {
            "phase_name": phase,
            "phase_status": "completed",
            "processed_essay_ids": [self.essays[n] for n in done],
            "failed_essay_ids": [self.essays[n] for n in failed],
        }
        return self.event(events.PHASE_OUTCOME, at, data, **changes)

    def spellcheck(
        self,
        n: int,
        status: str = "completed",
        corrections: int = 3,
        error: str | None = None,
        at: float = 6,
        **more: Any,
    ) -> Event:
        data = {"essay_id": self.essays[n], "status": status, "corrections_made": corrections, "error": error}
        return self.event(events.SPELLCHECK_RESULTS, at, data, **more)

    def assessed(self, *results: Event, at: float = 7, **changes: Any) -> Event:
        return self.event(events.ASSESSMENT_RESULT, at, {"essay_results": list(results)}, **changes)

    def result(self, n: int, rank: int = 1, score: float = 0.5, **more: Any) -> Event:
        return {"essay_id": self.essays[n], "rank": rank, "bt_score": score, "is_anchor": False, **more}

    def completed(
        self, status: str = "completed_successfully", at: float = 8, done: int = 0, failed: int = 0, **changes: Any
    ) -> Event:
        data = {"final_status": status, "successful_essay_count": done, "failed_essay_count": failed}
        return self.event(events.PIPELINE_COMPLETED, at, data, **changes)

    def cancelled(self, at: float = 8, **changes: Any) -> Event:
        return self.event(events.BATCH_CANCELLED, at, {"reason": None}, **changes)


def encoded(sent: Iterable[Any]) -> list[bytes]:
    return [json.dumps(each).encode() for each in sent]


async def receive(ras: httpx.AsyncClient, *sent: Any) -> Event:
    """What RAS answers to events that come together."""
    answer = await ras.post(PATH, json=list(sent))
    assert answer.status_code == 202, answer.text
    body: Event = answer.json()
    return body


def accepted(n: int, duplicates: int = 0) -> Event:
    return {"accepted": n, "duplicates": duplicates, "dead": []}


TABLES = {
    "batch_results": "batch_id",
    "essay_results": "batch_id, position",
    "batch_counts": "user_id, state",
    "pending_events": "event_id",
}
"""What ingestion leaves, and an order."""


async def stored(database: Database, *tables: str) -> dict[str, list[Event]]:
    """Whole rows, as JSON has them, of all batches; but not when they came."""
    return {table: await _rows(database, table) for table in tables or TABLES}


async def _rows(database: Database, table: str) -> list[Event]:
    whole = f"SELECT CAST(to_jsonb({table}) - 'received_at' AS text) FROM {table} ORDER BY {TABLES[table]}"  # noqa: S608
    async with database.read() as connection:
        return [json.loads(row) for row in await connection.scalars(text(whole))]


async def batch_row(database: Database, pipeline: Pipeline) -> Event:
    """Without `winners`, which only the merges look at."""
    rows = (await stored(database, "batch_results"))["batch_results"]
    [row] = [each for each in rows if each["batch_id"] == pipeline.batch_id]
    del row["winners"]
    return row


async def essay_rows(database: Database, pipeline: Pipeline) -> list[Event]:
    """In the order of registration."""
    rows = (await stored(database, "essay_results"))["essay_results"]
    return [
        {name: value for name, value in row.items() if name != "winners"}
        for row in rows
        if row["batch_id"] == pipeline.batch_id
    ]


async def told(database: Database) -> list[tuple[str, str, Event]]:
    """All updates, oldest first: whose, which type, the payload."""
    query = text("SELECT user_id, CAST(type AS text), CAST(payload AS text) FROM teacher_updates ORDER BY seq")
    async with database.read() as connection:
        return [(user_id, kind, json.loads(payload)) for user_id, kind, payload in await connection.execute(query)]


async def published(database: Database) -> list[Event]:
    """Envelopes, oldest first."""
    query = text("SELECT CAST(envelope AS text) FROM event_outbox ORDER BY position")
    async with database.read() as connection:
        return [json.loads(each) for each in await connection.scalars(query)]
