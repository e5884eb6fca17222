"""Events as they come in, and handlers that leave their mark in the database."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events.envelope import Envelope
from kit.events.handling import Handler, Handlers, Unprocessable, one_by_one

KIND = "test.thing.happened.v1"
OTHER = "test.other.happened.v1"


@dataclass
class Happened:
    aggregate_id: UUID
    n: int = 0
    fault: str | None = None


def envelope(event_type: str = KIND, /, *, data: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()),
        "event_type": event_type,
        "event_timestamp": "2026-09-14T12:00:00Z",
        "source_service": "tests",
        "schema_version": 1,
        "correlation_id": str(uuid4()),
        "data": data if data is not None else {"aggregate_id": str(uuid4())},
        "metadata": {"partition_key": 7},
        **changes,
    }


def fault(kind: str) -> dict[str, Any]:
    return envelope(data={"aggregate_id": str(uuid4()), "fault": kind})


def encoded(*events: Any) -> list[bytes]:
    return [json.dumps(each).encode() for each in events]


_MARK = text("""
    INSERT INTO event_aggregates (aggregate_id, version) VALUES (:id, 1)
    ON CONFLICT (aggregate_id) DO UPDATE SET version = event_aggregates.version + 1
""")


@dataclass
class Marks:
    """Its handlers count in event_aggregates, so that it shows how often an effect is there."""

    handled: list[Envelope] = field(default_factory=list)

    async def handle(self, connection: AsyncConnection, event: Envelope, data: Happened) -> None:
        self.handled.append(event)
        await connection.execute(_MARK, {"id": data.aggregate_id})
        match data.fault:
            case "unprocessable":
                raise Unprocessable("the class is unknown")
            case "bug":
                raise KeyError("x")
            case "nul":
                await connection.execute(text("SELECT CAST(:nul AS text)"), {"nul": "a\0b"})
            case "constraint":
                await connection.execute(text("INSERT INTO event_aggregates VALUES (NULL, 1)"))

    @property
    def table(self) -> Handlers:
        handle = one_by_one(self.handle)
        return {KIND: Handler(Happened, handle), OTHER: Handler(Happened, handle)}
