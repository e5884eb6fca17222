"""Random pipelines, as scripts that can be told again and again with other ids, and what is left of each telling."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import text

from kit.db import Database
from ras_service.contract import PhaseName, ProcessingStage
from ras_service.lifecycle import FinalStatus
from tests.support.pipeline import Event, Pipeline, encoded

Draw = st.DrawFn
MAX_ESSAYS = 3
STRANGER = MAX_ESSAYS
"""The place of an essay that the batch does not have."""

_RUNS = count(1)


@dataclass(frozen=True)
class Line:
    """An event without ids: a method of Pipeline, and what it is called with. `batch` is a place in the script."""

    batch: int
    kind: str
    at: int
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """Batches by size and whether they are a guest's; the lines are in a plausible order."""

    batches: Sequence[tuple[int, bool]]
    lines: Sequence[Line]


# Few moments, so that many events share one.
_MOMENTS = st.integers(0, 4)
_PHASES = st.lists(st.sampled_from(PhaseName), unique=True, max_size=5)


@st.composite
def scripts(draw: Draw) -> Script:
    batches, lines = [], []
    for batch in range(draw(st.integers(1, 3))):
        size = draw(st.integers(1, MAX_ESSAYS))
        batches.append((size, draw(st.booleans())))
        kinds = draw(st.sampled_from([_FULL, _FULL, _FILLED, _UNREGISTERED, _SOUP]))
        lines += [_line(draw, batch, size, kind) for kind in kinds]
        lines += [_line(draw, batch, size, kind) for kind in draw(st.lists(st.sampled_from(_SOUP), max_size=8))]
    return Script(batches, lines)


_WORK = ("outcome", "spellcheck", "spellcheck", "assessed")
_FULL = ("registered", "slots", "confirmed", "configured", "started", *_WORK, "outcome", "completed")
_FILLED = ("registered", "slots", "registered")
_UNREGISTERED = ("slots", "configured", "spellcheck", "cancelled")
_SOUP = ("registered", "slot", "content_failed", "confirmed", "configured", "started", *_WORK, "completed", "cancelled")


def _line(draw: Draw, batch: int, size: int, kind: str) -> Line:
    return Line(batch, kind, draw(_MOMENTS), *_SAID[kind](draw, st.integers(0, size - 1) | st.just(STRANGER)))


Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Essays = st.SearchStrategy[int]


def _nothing(_: Draw, __: Essays) -> Arguments:
    return (), {}


def _registered(draw: Draw, _: Essays) -> Arguments:
    data = {"title": draw(st.sampled_from([None, "A", "B"]))}
    if draw(st.booleans()):
        data |= {"class_id": draw(st.sampled_from([None, str(UUID(int=7))])), "assignment_id": None}
    return (), {"data": data}


def _slot(draw: Draw, essays: Essays) -> Arguments:
    return (draw(essays),), {"name": draw(st.sampled_from("ab"))}


def _confirmed(draw: Draw, _: Essays) -> Arguments:
    return (), {"timeout": draw(st.booleans())}


def _configured(draw: Draw, _: Essays) -> Arguments:
    return tuple(draw(_PHASES)), {}


def _outcome(draw: Draw, essays: Essays) -> Arguments:
    some = st.lists(essays, max_size=3)
    return (draw(st.sampled_from(PhaseName)), draw(some), draw(some)), {}


def _spellcheck(draw: Draw, essays: Essays) -> Arguments:
    stage, corrections = draw(st.sampled_from(ProcessingStage)), draw(st.integers(0, 3))
    return (draw(essays), stage, corrections, draw(st.sampled_from([None, "x", "y"]))), {}


def _assessed(draw: Draw, essays: Essays) -> Arguments:
    places = draw(st.lists(essays, max_size=3))
    return tuple((place, draw(st.integers(1, 3)), draw(st.booleans())) for place in places), {}


def _completed(draw: Draw, _: Essays) -> Arguments:
    return (draw(st.sampled_from(FinalStatus)),), {}


_SAID = dict.fromkeys(("slots", "content_failed", "started", "cancelled"), _nothing) | {
    "registered": _registered,
    "slot": _slot,
    "confirmed": _confirmed,
    "configured": _configured,
    "outcome": _outcome,
    "spellcheck": _spellcheck,
    "assessed": _assessed,
    "completed": _completed,
}


@dataclass
class Telling:
    """A script with ids of its own, which sort as those of any other telling."""

    script: Script
    run: int = field(default_factory=lambda: next(_RUNS))

    def __post_init__(self) -> None:
        self.pipelines = [
            Pipeline(
                size=size,
                guest=guest,
                user_id=f"{self.mark}.{place % 2}",
                batch_id=self.made(1, place),
                # The last one is nobody's.
                essays=[self.made(2, place * 8 + n) for n in range(MAX_ESSAYS + 1)],
                registers=size,
            )
            for place, (size, guest) in enumerate(self.script.batches)
        ]

    @property
    def mark(self) -> str:
        """With it all ids of this telling begin."""
        return f"{self.run:012x}"[:8] + "-" + f"{self.run:012x}"[8:]

    def made(self, room: int, n: int) -> str:
        return str(UUID(int=self.run << 80 | room << 32 | n))

    def said(self, place: int) -> list[bytes]:
        """By the line at this place; to fill all slots takes several events."""
        line = self.script.lines[place]
        pipeline, (size, _) = self.pipelines[line.batch], self.script.batches[line.batch]
        options = {"at": line.at, "event_id": self.made(3, place * 8), **line.options}
        match line.kind:
            case "slots":
                slots = [options | {"event_id": self.made(3, place * 8 + n)} for n in range(size)]
                events = [pipeline.slot(n, **slot) for n, slot in enumerate(slots)]
            case "assessed":
                results = [pipeline.result(n, rank, is_anchor=anchor) for n, rank, anchor in line.args]
                events = [pipeline.assessed(*results, **options)]
            case kind:
                events = [getattr(pipeline, kind)(*line.args, **options)]
        return encoded(events)

    def ordered(self) -> list[bytes]:
        return [body for place in range(len(self.script.lines)) for body in self.said(place)]

    async def left(self, database: Database) -> Event:
        """All rows, and what was told, as if the ids were of no telling."""
        given = {
            "batches": [each.batch_id for each in self.pipelines],
            "users": [each.user_id for each in self.pipelines],
        }
        async with database.read() as connection:
            found = str(await connection.scalar(_LEFT, given))
        rows: Event = json.loads(found.replace(self.mark, "00000000-0000"))
        return rows

    async def states(self, database: Database) -> dict[str, str]:
        given = {"batches": [each.batch_id for each in self.pipelines]}
        async with database.read() as connection:
            return {str(batch_id): state for batch_id, state in await connection.execute(_STATES, given)}


_STATES = text("SELECT batch_id, CAST(state AS text) FROM batch_results WHERE batch_id = ANY(CAST(:batches AS uuid[]))")

_LEFT = text("""
    SELECT CAST(jsonb_build_object(
        'batches', (SELECT jsonb_object_agg(batch_id, to_jsonb(b)) FROM batch_results b
                    WHERE batch_id = ANY(CAST(:batches AS uuid[]))),
        'essays', (SELECT jsonb_object_agg(essay_id, to_jsonb(e)) FROM essay_results e
                   WHERE batch_id = ANY(CAST(:batches AS uuid[]))),
        'counts', (SELECT jsonb_object_agg(user_id || ' ' || state, n) FROM batch_counts
                   WHERE user_id = ANY(CAST(:users AS text[]))),
        'pending', (SELECT jsonb_agg(event_id ORDER BY event_id) FROM pending_events
                    WHERE batch_id = ANY(CAST(:batches AS uuid[]))),
        'published', (SELECT jsonb_object_agg(aggregate_id, version) FROM event_aggregates
                      WHERE aggregate_id = ANY(CAST(:batches AS uuid[]))),
        'status', (SELECT jsonb_object_agg(payload ->> 'batch_id', payload ORDER BY seq) FROM teacher_updates
                   WHERE user_id = ANY(CAST(:users AS text[])) AND type = 'batch_status_updated'),
        'ready', (SELECT jsonb_agg(payload ->> 'batch_id' ORDER BY payload ->> 'batch_id') FROM teacher_updates
                  WHERE user_id = ANY(CAST(:users AS text[])) AND type = 'batch_results_ready')
    ) AS text)
""")
