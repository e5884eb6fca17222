"""What is decided about a batch before its rows are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from uuid import UUID

from cli.school import names
from cli.school.people import Group, Staff, new_id
from cli.school.timeline import Step, Timeline, timeline
from cms_service.contract import CourseCode
from cms_service.tables import Student
from ras_service.contract import BatchType, PhaseName
from ras_service.lifecycle import BatchState


class ClassSource(StrEnum):
    """What a regular batch's class follows from. The last two leave it without one."""

    MATCHED = "matched"
    TWO_CLASSES = "two_classes"
    TIE = "tie"
    """As many essays of each class; the one matched first counts."""
    REGISTERED = "registered"
    """No essay is associated."""
    DELETED = "deleted"
    FOREIGN = "foreign"
    """The registration named another teacher's class."""


@dataclass(frozen=True, slots=True)
class Writer:
    """`group` is the place of the writer's class in `Plan.groups`."""

    first_name: str
    last_name: str
    student: Student | None = None
    group: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`named_class` is the registration's; `groups` are the classes of the writers, none for a guest batch."""

    batch_id: UUID
    teacher: str
    state: BatchState
    when: Timeline
    source: ClassSource | None
    named_class: UUID | None
    groups: tuple[Group, ...]
    writers: tuple[Writer, ...]
    title: str | None
    assignment_id: str | None
    requested: tuple[PhaseName, ...]
    timed_out: bool

    @property
    def batch_type(self) -> BatchType:
        return BatchType.GUEST if self.source is None else BatchType.REGULAR


_REGULAR_ONLY = {
    BatchState.AWAITING_STUDENT_VALIDATION,
    BatchState.STUDENT_VALIDATION_COMPLETED,
    BatchState.VALIDATION_TIMEOUT_PROCESSED,
}
_TIMED_OUT = {
    BatchState.AWAITING_STUDENT_VALIDATION: 0.0,
    BatchState.STUDENT_VALIDATION_COMPLETED: 0.0,
    BatchState.VALIDATION_TIMEOUT_PROCESSED: 1.0,
}
_BEFORE_MATCHING = {ClassSource.REGISTERED: 8, ClassSource.DELETED: 1, ClassSource.FOREIGN: 1}
_WITH_STUDENTS = {ClassSource.MATCHED: 8, ClassSource.TWO_CLASSES: 2, ClassSource.TIE: 1}
_SETTLED = {**_WITH_STUDENTS, ClassSource.REGISTERED: 1, ClassSource.DELETED: 1}
COURSES = [each for pair in names.COURSES_BY_YEAR.values() for each in pair]
_PIPELINES = {
    (PhaseName.SPELLCHECK,): 2,
    (PhaseName.SPELLCHECK, PhaseName.CJ_ASSESSMENT): 4,
    (PhaseName.SPELLCHECK, PhaseName.NLP, PhaseName.CJ_ASSESSMENT): 2,
    (PhaseName.SPELLCHECK, PhaseName.NLP, PhaseName.CJ_ASSESSMENT, PhaseName.AI_FEEDBACK): 4,
}


def plan(rng: Random, own: Staff, state: BatchState, foreign_classes: Sequence[UUID]) -> Plan:
    batch_type = _batch_type(rng, state)
    timed_out = rng.random() < _TIMED_OUT.get(state, 0.2)
    when = timeline(rng, state, batch_type, timed_out=timed_out)
    source = _source(rng, when, timed_out=timed_out) if batch_type is BatchType.REGULAR else None
    groups = _groups(rng, own, source)
    title, assignment_id = assignment(rng, groups[0].course if groups else rng.choice(COURSES))
    return Plan(
        batch_id=new_id(rng),
        teacher=own.teacher,
        state=state,
        when=when,
        source=source,
        named_class=_named_class(rng, source, groups, foreign_classes),
        groups=groups,
        writers=_writers(rng, source, groups),
        title=title,
        assignment_id=assignment_id,
        requested=_requested(rng, when),
        timed_out=timed_out,
    )


def _batch_type(rng: Random, state: BatchState) -> BatchType:
    # Of the two states with rank 1, a guest batch waits in this one and a regular batch in the other.
    if state is BatchState.AWAITING_PIPELINE_CONFIGURATION:
        return BatchType.GUEST
    return BatchType.REGULAR if state in _REGULAR_ONLY or rng.random() < 0.75 else BatchType.GUEST


def _source(rng: Random, when: Timeline, *, timed_out: bool) -> ClassSource:
    if Step.MATCHED not in when.steps:
        weights = _BEFORE_MATCHING
    elif timed_out or Step.VALIDATED not in when.steps:
        weights = _WITH_STUDENTS
    else:
        weights = _SETTLED
    return rng.choices(list(weights), list(weights.values()))[0]


def _groups(rng: Random, own: Staff, source: ClassSource | None) -> tuple[Group, ...]:
    if source is None:
        return ()
    return tuple(rng.sample(own.groups, 2 if source in {ClassSource.TWO_CLASSES, ClassSource.TIE} else 1))


def _named_class(
    rng: Random, source: ClassSource | None, groups: Sequence[Group], foreign_classes: Sequence[UUID]
) -> UUID | None:
    if source is None:
        return None
    if source is ClassSource.DELETED:
        return new_id(rng)
    return rng.choice(foreign_classes) if source is ClassSource.FOREIGN else groups[0].row.id


def _writers(rng: Random, source: ClassSource | None, groups: Sequence[Group]) -> tuple[Writer, ...]:
    """Nobody hands in twice."""
    if source is None:
        return tuple(guest(rng) for _ in range(rng.randint(8, 32)))
    if len(groups) == 1:
        size = rng.randint(8, min(32, len(groups[0].students)))
        return tuple(_named(each, 0) for each in rng.sample(groups[0].students, size))
    first_size, second_size = _shares(rng, source)
    first = rng.sample(groups[0].students, first_size)
    second = rng.sample([each for each in groups[1].students if each not in first], second_size)
    writers = [*(_named(each, 0) for each in first), *(_named(each, 1) for each in second)]
    return tuple(rng.sample(writers, len(writers)))


def _shares(rng: Random, source: ClassSource) -> tuple[int, int]:
    """Small enough for two classes with the same students."""
    if source is ClassSource.TIE:
        half = rng.randint(4, 9)
        return half, half
    third = rng.randint(3, 5)
    return 2 * third, third


def guest(rng: Random) -> Writer:
    return Writer(rng.choice(names.FIRST_NAMES), rng.choice(names.LAST_NAMES))


def _named(student: Student, group: int) -> Writer:
    return Writer(student.first_name, student.last_name, student, group)


def assignment(rng: Random, course: CourseCode) -> tuple[str | None, str | None]:
    """A title, or the assignment's id in its place, or both, or (rarely) neither."""
    title = rng.choice(names.TITLES[names.language(course)])
    assignment_id = names.assignment_id(title, course)
    kinds = ((title, assignment_id), (title, None), (None, assignment_id), (None, None))
    return rng.choices(kinds, (74, 20, 4, 2))[0]


def _requested(rng: Random, when: Timeline) -> tuple[PhaseName, ...]:
    if Step.CONFIGURED not in when.steps:
        return ()
    phases = pipeline(rng)
    matching = Step.MATCHED in when.steps and rng.random() < 0.3
    return (PhaseName.STUDENT_MATCHING, *phases) if matching else phases


def pipeline(rng: Random) -> tuple[PhaseName, ...]:
    """The phases that work on essays one by one."""
    return rng.choices(list(_PIPELINES), list(_PIPELINES.values()))[0]
