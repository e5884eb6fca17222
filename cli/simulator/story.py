"""What is decided about a batch before it is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID, uuid4

from cli.school.batches import FILENAMES, spelled
from cli.school.essays import Stages, stages
from cli.school.plans import COURSES, assignment, guest, pipeline
from cli.school.results import results
from cms_service.contract import CourseCode, SchoolClass, Student
from ras_service.contract import PhaseName
from ras_service.lifecycle import BatchState


class Cancelled(StrEnum):
    """When a batch is, if it is."""

    HANDED_IN = "handed_in"
    MATCHED = "matched"
    STARTED = "started"


@dataclass(frozen=True, slots=True)
class Chances:
    """`left`: that matches wait for the teacher at the screen. The ends that are not named are successful ones."""

    guest: float = 0.2
    left: float = 0.08
    content_failed: float = 0.04
    cancelled: float = 0.06
    with_failures: float = 0.25
    failed_critically: float = 0.03


@dataclass(frozen=True, slots=True)
class Paper:
    """`found` are RAS's columns of results; `writer` is known of who is in the class."""

    essay_id: UUID
    filename: str
    writer: Student | None
    stages: Stages
    found: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """`group` and `roster` are the class's, of a regular batch. `cancelled` has a value when that is how it ends."""

    batch_id: UUID
    group: SchoolClass | None
    roster: tuple[Student, ...]
    course: CourseCode
    title: str | None
    assignment_id: str | None
    papers: tuple[Paper, ...]
    requested: tuple[PhaseName, ...]
    end: BatchState
    cancelled: Cancelled | None
    left: bool

    def __str__(self) -> str:
        kind = self.group.name if self.group else "guest batch"
        return f"{self.title or self.assignment_id or self.batch_id} ({kind}, {len(self.papers)} essays)"


def story(rng: Random, chances: Chances, group: SchoolClass | None, roster: Sequence[Student]) -> Story:
    course = group.course_code if group else rng.choice(COURSES)
    title, assignment_id = assignment(rng, course)
    end, phases = _end(rng, chances), pipeline(rng)
    return Story(
        batch_id=uuid4(),
        group=group,
        roster=tuple(roster),
        course=course,
        title=title,
        assignment_id=assignment_id,
        papers=_papers(rng, roster, end, phases, graded=assignment_id is not None),
        requested=(PhaseName.STUDENT_MATCHING, *phases) if group and rng.random() < 0.3 else phases,
        end=end,
        cancelled=rng.choice(list(Cancelled)) if end is BatchState.CANCELLED else None,
        left=group is not None and rng.random() < chances.left,
    )


def _end(rng: Random, chances: Chances) -> BatchState:
    ends = {
        BatchState.CONTENT_INGESTION_FAILED: chances.content_failed,
        BatchState.CANCELLED: chances.cancelled,
        BatchState.COMPLETED_WITH_FAILURES: chances.with_failures,
        BatchState.FAILED_CRITICALLY: chances.failed_critically,
    }
    rest = max(0, 1 - sum(ends.values()))
    return rng.choices([*ends, BatchState.COMPLETED_SUCCESSFULLY], [*ends.values(), rest])[0]


def _papers(
    rng: Random, roster: Sequence[Student], end: BatchState, phases: Sequence[PhaseName], *, graded: bool
) -> tuple[Paper, ...]:
    """Nobody hands in twice, and rarely everybody does."""
    size = rng.randint(min(8, len(roster)), min(32, len(roster))) if roster else rng.randint(8, 32)
    writers: list[Student | None] = [*rng.sample(roster, size)] if roster else [None] * size
    reached = stages(rng, end, phases, size)
    found = results(rng, reached, graded=graded)
    pattern = rng.choice(FILENAMES)
    return tuple(
        Paper(uuid4(), spelled(pattern, n, _name(rng, writer)), writer, stage, outcome)
        for n, (writer, stage, outcome) in enumerate(zip(writers, reached, found, strict=True), start=1)
    )


def _name(rng: Random, writer: Student | None) -> str:
    who = writer or guest(rng)
    return f"{who.first_name} {who.last_name}"
