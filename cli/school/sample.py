"""The sample school: the same rows each time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import cycle, islice
from random import Random
from uuid import UUID

from cli.school.batches import batch_row, essay_rows
from cli.school.matching import associations, batch_class, confirmations
from cli.school.names import TEACHERS
from cli.school.people import Staff, staff
from cli.school.plans import Plan, plan
from cli.school.rows import School
from cli.school.timeline import Step
from ras_service.lifecycle import BatchState

OPEN_STATES = (
    BatchState.AWAITING_CONTENT_VALIDATION,
    BatchState.AWAITING_PIPELINE_CONFIGURATION,
    BatchState.AWAITING_STUDENT_VALIDATION,
    BatchState.PROCESSING_PIPELINES,
    BatchState.STUDENT_VALIDATION_COMPLETED,
    BatchState.READY_FOR_PIPELINE_EXECUTION,
    BatchState.VALIDATION_TIMEOUT_PROCESSED,
)
ENDED_STATES = (
    *[BatchState.COMPLETED_SUCCESSFULLY] * 3,
    BatchState.COMPLETED_WITH_FAILURES,
    *[BatchState.COMPLETED_SUCCESSFULLY] * 3,
    BatchState.CANCELLED,
    BatchState.COMPLETED_SUCCESSFULLY,
    BatchState.COMPLETED_WITH_FAILURES,
    BatchState.CONTENT_INGESTION_FAILED,
    *[BatchState.COMPLETED_SUCCESSFULLY] * 2,
    BatchState.CANCELLED,
    BatchState.COMPLETED_WITH_FAILURES,
    BatchState.FAILED_CRITICALLY,
)


def sample_school() -> School:
    people = [_staff(number) for number in range(len(TEACHERS))]
    school = School()
    for number, own in enumerate(people):
        _add_batches(school, Random(f"batches {own.teacher}"), own, _states(number), _classes(people, number - 1))
        _add_people(school, own)
    return school


def _staff(number: int) -> Staff:
    teacher = TEACHERS[number].user_id
    return staff(Random(f"people {teacher}"), teacher, cohorts=2 if number else 4)


def _classes(people: Sequence[Staff], number: int) -> list[UUID]:
    return [group.row.id for group in people[number].groups]


def _states(number: int) -> list[BatchState]:
    """126 batches for the first teacher, in every state three times; 16 for each other one."""
    if number == 0:
        return [*OPEN_STATES * 3, *islice(cycle(ENDED_STATES), 105)]
    return [*_from(OPEN_STATES, 5 * number, 5), *_from(ENDED_STATES, 11 * number, 11)]


def _from(states: Sequence[BatchState], start: int, n: int) -> Iterator[BatchState]:
    return islice(cycle(states), start, start + n)


def _add_batches(
    school: School, rng: Random, own: Staff, states: Sequence[BatchState], foreign_classes: Sequence[UUID]
) -> None:
    # In the order of validation, so that an UNKNOWN student comes with the first essay that needed it.
    plans = sorted((plan(rng, own, state, foreign_classes) for state in states), key=_validated)
    for each in plans:
        _add_batch(school, rng, own, each)


def _validated(planned: Plan) -> datetime:
    return planned.when.steps.get(Step.VALIDATED, planned.when.created)


def _add_batch(school: School, rng: Random, own: Staff, planned: Plan) -> None:
    essays = essay_rows(rng, planned)
    matched = associations(rng, own, planned, essays)
    school.batches.append(batch_row(planned, essays))
    school.essays += essays
    school.associations += matched
    school.batch_classes += batch_class(planned)
    school.confirmations += confirmations(rng, planned, matched)


def _add_people(school: School, own: Staff) -> None:
    school.courses |= {group.row.id: group.course for group in own.groups}
    school.classes += [group.row for group in own.groups]
    school.students += [*own.students, *own.placeholders.values()]
    school.memberships += own.memberships
