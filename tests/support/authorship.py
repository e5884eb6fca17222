"""The pipeline's events as CMS receives them, and what CMS stores, publishes and tells of who wrote which essay."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select

from cms_service.tables import AssociationConfirmation, EssayAssociation, EventOutbox, TeacherUpdate
from kit.db import Database
from tests.support.given import TEACHER

REGISTERED = "huleedu.batch.essays.registered.v1"
SUGGESTED = "huleedu.batch.author.matches.suggested.v1"
CONFIRMED = "huleedu.class.student.associations.confirmed.v1"


def envelope(event_type: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "event_id": uuid4(),
        "event_type": event_type,
        "event_timestamp": "2026-09-14T12:00:00Z",
        "source_service": "essay_lifecycle_service",
        "schema_version": 1,
        "correlation_id": uuid4(),
        "data": data,
        "metadata": {"partition_key": "x"},
    }
    return values | changes


def registered(batch_id: UUID, class_id: UUID | None, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "batch_id": batch_id,
        "user_id": TEACHER,
        "class_id": class_id,
        "course_code": "SV1",
        "expected_essay_count": 0,
        "essay_ids": [],
        "assignment_id": "uppgift-7",
        "title": None,
    }
    return envelope(REGISTERED, data | changes)


def suggestion(student_id: UUID, score: float | None = 0.9, *reasons: str) -> dict[str, Any]:
    return {
        "student_id": student_id,
        "student_name": "Åsa Öberg",
        "confidence_score": score,
        "match_reasons": list(reasons),
    }


def suggested(batch_id: UUID, class_id: UUID, essays: dict[UUID, list[dict[str, Any]]]) -> dict[str, Any]:
    """`essays`: the suggestions for each, in order."""
    results = [
        {"essay_id": essay_id, "filename": "essä.docx", "suggestions": suggestions, "no_match_reason": None}
        for essay_id, suggestions in essays.items()
    ]
    data = {"batch_id": batch_id, "class_id": class_id, "course_code": "SV1", "match_results": results}
    return envelope(SUGGESTED, data)


async def receive(cms: httpx.AsyncClient, *events: dict[str, Any]) -> dict[str, Any]:
    """What CMS answers to events."""
    answer = await cms.post(
        "/internal/v1/events", content=encoded(list(events)), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


def encoded(value: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(value)


ALL_ACCEPTED = {"accepted": 1, "duplicates": 0, "dead": []}


async def stored(database: Database, batch_id: UUID) -> dict[UUID, EssayAssociation]:
    """By essay."""
    table = EssayAssociation.__table__
    query = select(table).where(table.c.batch_id == batch_id).order_by(table.c.created_at, table.c.essay_id)
    async with database.read() as connection:
        rows = (await connection.execute(query)).mappings()
        return {row["essay_id"]: EssayAssociation(**row) for row in rows}


async def statuses(database: Database, batch_id: UUID) -> list[tuple[UUID, str, UUID | None]]:
    rows = await stored(database, batch_id)
    return [(row.essay_id, row.validation_status.value, row.student_id) for row in rows.values()]


async def published(database: Database) -> list[dict[str, Any]]:
    """The envelopes of confirmed associations, oldest first."""
    query = select(EventOutbox.envelope).where(EventOutbox.event_type == CONFIRMED).order_by(EventOutbox.position)
    async with database.read() as connection:
        return [*await connection.scalars(query)]


async def marks(database: Database) -> dict[tuple[UUID, UUID], UUID]:
    """The event that is marked as published, by batch and class."""
    table = AssociationConfirmation
    async with database.read() as connection:
        rows = await connection.execute(select(table.batch_id, table.class_id, table.event_id))
        return {(batch_id, class_id): event_id for batch_id, class_id, event_id in rows}


async def told(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """All updates, oldest first: whose, which type, the payload."""
    query = select(TeacherUpdate.user_id, TeacherUpdate.type, TeacherUpdate.payload).order_by(TeacherUpdate.seq)
    async with database.read() as connection:
        return [(user_id, kind.value, payload) for user_id, kind, payload in await connection.execute(query)]
