"""Model teachers, whom a made school repeats: what stays the same in their rows, as COPY's text format has it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random
from uuid import UUID

from cli.school.batches import batch_row, essay_rows
from cli.school.copytext import rest
from cli.school.matching import associations, confirmations
from cli.school.people import Staff, new_id, staff
from cli.school.plans import Plan, plan
from cli.school.sample import ENDED_STATES, OPEN_STATES
from cms_service.contract import CourseCode
from cms_service.tables import EssayAssociation
from ras_service.lifecycle import BatchState
from ras_service.tables import EssayResult

# The columns that differ between repetitions.
CLASS_OWN = ("id", "created_by_user_id", "course_id")
STUDENT_OWN = ("id", "created_by_user_id")
BATCH_OWN = ("batch_id", "user_id", "created_at", "updated_at", "processing_started_at", "processing_completed_at")
ESSAY_OWN = ("essay_id", "batch_id", "updated_at")
ASSOCIATION_OWN = (
    "essay_id",
    "batch_id",
    "created_by_user_id",
    "class_id",
    "student_id",
    "created_at",
    "validated_at",
    "validated_by",
)

NO_SUCH_CLASS = -1

Places = Mapping[UUID, int]
"""Where a class or a student stands in its model."""


@dataclass(frozen=True, slots=True)
class ModelEssay:
    """`updated`, here and below: milliseconds after the batch was created."""

    updated: int
    rest: str


@dataclass(frozen=True, slots=True)
class ModelAssociation:
    """`position` is the essay's. `settled_by` is None for the teacher, who settles what is not pending."""

    position: int
    class_place: int | None
    student_place: int
    created: int
    validated: int | None
    settled_by: str | None
    rest: str


@dataclass(frozen=True, slots=True)
class ModelBatch:
    """`named_class` is the registration's, None for a guest batch."""

    state: BatchState
    named_class: int | None
    confirmed_classes: tuple[int, ...]
    updated: int
    started: int | None
    ended: int | None
    rest: str
    essays: tuple[ModelEssay, ...]
    associations: tuple[ModelAssociation, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """`unknown_of` has, by student, the class whose UNKNOWN student it is."""

    class_ids: tuple[UUID, ...]
    courses: tuple[CourseCode, ...]
    classes: tuple[str, ...]
    students: tuple[str, ...]
    unknown_of: Mapping[int, int]
    members: tuple[tuple[int, int], ...]
    batches: tuple[ModelBatch, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    planned: Plan
    essays: list[EssayResult]
    associations: list[EssayAssociation]
    confirmed_classes: list[UUID]


def model(number: int, essays: int) -> Model:
    rng = Random(f"model {number}")
    own = staff(rng, "model", cohorts=2)
    states = [*OPEN_STATES, *ENDED_STATES, *ENDED_STATES]
    rng.shuffle(states)
    drafts = [_draft(rng, own, _sized(plan(rng, own, state, [new_id(rng)]), essays)) for state in states]
    students = [*own.students, *own.placeholders.values()]
    places = {group.row.id: place for place, group in enumerate(own.groups)}
    places |= {each.id: place for place, each in enumerate(students)}
    return Model(
        class_ids=tuple(group.row.id for group in own.groups),
        courses=tuple(group.course for group in own.groups),
        classes=tuple(rest(group.row, CLASS_OWN) for group in own.groups),
        students=tuple(rest(each, STUDENT_OWN) for each in students),
        unknown_of={places[each.id]: places[class_id] for class_id, each in own.placeholders.items()},
        members=tuple((places[each.class_id], places[each.student_id]) for each in own.memberships),
        batches=tuple(_batch(draft, places) for draft in drafts),
    )


def _sized(planned: Plan, essays: int) -> Plan:
    """With so many essays; where the class is too small for that, its students hand in again."""
    return replace(planned, writers=tuple(islice(cycle(planned.writers), essays)))


def _draft(rng: Random, own: Staff, planned: Plan) -> _Draft:
    essays = essay_rows(rng, planned)
    links = associations(rng, own, planned, essays)
    return _Draft(planned, essays, links, [each.class_id for each in confirmations(rng, planned, links)])


def _batch(draft: _Draft, places: Places) -> ModelBatch:
    planned, created = draft.planned, draft.planned.when.created
    row = batch_row(planned, draft.essays)
    positions = {each.essay_id: each.position for each in draft.essays}
    return ModelBatch(
        state=planned.state,
        named_class=None if planned.named_class is None else places.get(planned.named_class, NO_SUCH_CLASS),
        confirmed_classes=tuple(places.get(class_id, NO_SUCH_CLASS) for class_id in draft.confirmed_classes),
        updated=_after(created, row.updated_at),
        started=_after_or_none(created, row.processing_started_at),
        ended=_after_or_none(created, row.processing_completed_at),
        rest=rest(row, BATCH_OWN),
        essays=tuple(ModelEssay(_after(created, each.updated_at), rest(each, ESSAY_OWN)) for each in draft.essays),
        associations=tuple(
            _association(planned, each, positions[each.essay_id], places) for each in draft.associations
        ),
    )


def _association(planned: Plan, row: EssayAssociation, position: int, places: Places) -> ModelAssociation:
    assert row.student_id is not None
    return ModelAssociation(
        position=position,
        class_place=None if row.class_id is None else places[row.class_id],
        student_place=places[row.student_id],
        created=_after(planned.when.created, row.created_at),
        validated=_after_or_none(planned.when.created, row.validated_at),
        settled_by=None if row.validated_by == planned.teacher else row.validated_by,
        rest=rest(row, ASSOCIATION_OWN),
    )


def _after(created: datetime, moment: datetime) -> int:
    return (moment - created) // timedelta(milliseconds=1)


def _after_or_none(created: datetime, moment: datetime | None) -> int | None:
    return None if moment is None else _after(created, moment)
