"""Recorded lists of events under tests/data/recorded, and what RAS answered and was left with.

They are the contract with the pipeline: what is recorded is read by people, not made anew when the code changes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from kit.db import Database
from tests.support.pipeline import Event, published, stored, told

FOLDER = Path(__file__).parents[1] / "data" / "recorded"


@dataclass(frozen=True)
class Recording:
    """`answers` are those of the HTTP transport, one for each list; `left` is the same on any transport."""

    lists: list[list[Any]]
    answers: list[Event]
    left: Event

    @classmethod
    def named(cls, name: str) -> "Recording":
        return cls(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def recordings() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


_DEAD = text("SELECT CAST(event_id AS text) AS event_id, event_type, reason FROM dead_letters ORDER BY id")


async def left(database: Database) -> Event:
    """What other services and teachers can see of it; the outbox's own ids and times are new each time."""
    rows = await stored(database)
    async with database.read() as connection:
        dead = [dict(row) for row in (await connection.execute(_DEAD)).mappings()]
    return {
        **{table: [_without(row, "winners", "body") for row in found] for table, found in rows.items()},
        "dead_letters": dead,
        "updates": [list(each) for each in await told(database)],
        "published": [_without(each, "event_id", "event_timestamp") for each in await published(database)],
    }


def _without(row: Event, *names: str) -> Event:
    return {name: value for name, value in row.items() if name not in names}
