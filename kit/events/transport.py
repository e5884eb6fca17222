"""The seam between the relay and what carries events: HTTP to subscribers, or a broker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

EVERY_TYPE = "*"


@dataclass(frozen=True, slots=True)
class Row:
    """One envelope for one destination. `attempts`: how often it was refused for good."""

    position: int
    lane: int
    aggregate_id: UUID
    event_id: UUID
    event_type: str
    correlation_id: str
    body: bytes
    attempts: int


@dataclass(slots=True)
class Outcome:
    """`delivered` and `refused` (for good, with the reason) are positions; the rest of what was sent is tried again.

    `away` tells why the destination cannot take anything at the moment, `retry_after` for how many seconds at least.
    `too_much`: fewer rows at once would do better.
    """

    delivered: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    away: str | None = None
    retry_after: float = 0
    too_much: bool = False


class Destination(Protocol):
    async def send(self, rows: Sequence[Row]) -> Outcome:
        """Rows of different aggregates. Raises nothing for a destination that is away or refuses."""
        ...


@dataclass(frozen=True, slots=True)
class Transport:
    """`destinations` by name; `routes` has the names by event type, or by EVERY_TYPE."""

    destinations: Mapping[str, Destination]
    routes: Mapping[str, Sequence[str]]
