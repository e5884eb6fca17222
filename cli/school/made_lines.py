"""A made school's rows as lines of COPY's text format."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from cli.school.copytext import NULL, moment
from cli.school.made_ids import BATCH, CLASS, ESSAY, EVENT, MISSING_CLASS, STUDENT, made_id
from cli.school.models import NO_SUCH_CLASS, Model, ModelBatch
from cli.school.people import ANCHOR, TERM_START
from cms_service.contract import CourseCode

# More than any model has.
_CLASSES, _STUDENTS = 8, 128
_HOUR = 3_600_000
_FIRST_HOUR = TERM_START.hour * _HOUR
# No batch of a model took five days.
_TERM = ((ANCHOR - TERM_START).days - 5) * 24 * _HOUR


@dataclass(frozen=True, slots=True)
class MadeTeacher:
    """`number` counts from 0; `batches` and `essays` are the school's for each teacher and batch."""

    number: int
    user_id: str
    model: Model
    batches: int
    essays: int

    def class_id(self, place: int) -> str:
        return made_id(CLASS, self.number * _CLASSES + place)

    def student_id(self, place: int) -> str:
        return made_id(STUDENT, self.number * _STUDENTS + place)

    def model_of(self, batch: int) -> ModelBatch:
        return self.model.batches[(batch + self.number) % len(self.model.batches)]

    def created(self, batch: int) -> int:
        """Oldest first, all over the term, and not with every teacher at the same moment."""
        return _FIRST_HOUR + batch * _TERM // self.batches + self.number * 17 % _HOUR


def class_lines(teacher: MadeTeacher, courses: Mapping[CourseCode, UUID]) -> Iterator[str]:
    model = teacher.model
    for place, (course, rest) in enumerate(zip(model.courses, model.classes, strict=True)):
        yield f"{teacher.class_id(place)}\t{teacher.user_id}\t{courses[course]}\t{rest}\n"


def student_lines(teacher: MadeTeacher) -> Iterator[str]:
    model = teacher.model
    for place, student in enumerate(model.students):
        rest, of = student, model.unknown_of.get(place)
        if of is not None:
            rest = student.replace(str(model.class_ids[of]), str(UUID(teacher.class_id(of))))
        yield f"{teacher.student_id(place)}\t{teacher.user_id}\t{rest}\n"


def member_lines(teacher: MadeTeacher) -> Iterator[str]:
    for class_place, student_place in teacher.model.members:
        yield f"{teacher.class_id(class_place)}\t{teacher.student_id(student_place)}\t{moment(_FIRST_HOUR)}\n"


def count_lines(teacher: MadeTeacher) -> Iterator[str]:
    states = Counter(teacher.model_of(batch).state for batch in range(teacher.batches))
    for state, n in states.items():
        yield f"{teacher.user_id}\t{state}\t{n}\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some batches of one teacher."""

    teacher: MadeTeacher
    batches: range

    def __iter__(self) -> Iterator[tuple[int, str, int, ModelBatch]]:
        """(number in the whole school, id, creation, model) of each batch."""
        teacher = self.teacher
        for batch in self.batches:
            number = teacher.number * teacher.batches + batch
            yield number, made_id(BATCH, number), teacher.created(batch), teacher.model_of(batch)


def batch_lines(piece: Piece) -> Iterator[str]:
    user_id = piece.teacher.user_id
    for _, batch_id, created, model in piece:
        updated = moment(created + model.updated)
        started, ended = _moment_after(created, model.started), _moment_after(created, model.ended)
        yield f"{batch_id}\t{user_id}\t{moment(created)}\t{updated}\t{started}\t{ended}\t{model.rest}\n"


def essay_lines(piece: Piece) -> Iterator[str]:
    size = piece.teacher.essays
    for number, batch_id, created, model in piece:
        for essay_number, essay in enumerate(model.essays, start=number * size):
            yield f"{made_id(ESSAY, essay_number)}\t{batch_id}\t{moment(created + essay.updated)}\t{essay.rest}\n"


def association_lines(piece: Piece) -> Iterator[str]:
    teacher, size = piece.teacher, piece.teacher.essays
    user_id = teacher.user_id
    for number, batch_id, created, model in piece:
        for each in model.associations:
            essay_id = made_id(ESSAY, number * size + each.position)
            class_id = NULL if each.class_place is None else teacher.class_id(each.class_place)
            validated = _moment_after(created, each.validated)
            by = NULL if each.validated is None else each.settled_by or user_id
            yield (
                f"{essay_id}\t{batch_id}\t{user_id}\t{class_id}\t{teacher.student_id(each.student_place)}\t"
                f"{moment(created + each.created)}\t{validated}\t{by}\t{each.rest}\n"
            )


def batch_class_lines(piece: Piece) -> Iterator[str]:
    teacher = piece.teacher
    for number, batch_id, created, model in piece:
        if model.named_class is not None:
            class_id = _class_id(teacher, number, model.named_class)
            yield f"{batch_id}\t{class_id}\t{teacher.user_id}\t{moment(created)}\n"


def confirmation_lines(piece: Piece) -> Iterator[str]:
    for number, batch_id, _, model in piece:
        for nth, place in enumerate(model.confirmed_classes):
            event_id = made_id(EVENT, number * _CLASSES + nth)
            yield f"{batch_id}\t{_class_id(piece.teacher, number, place)}\t{event_id}\n"


def _class_id(teacher: MadeTeacher, number: int, place: int) -> str:
    return made_id(MISSING_CLASS, number) if place == NO_SUCH_CLASS else teacher.class_id(place)


def _moment_after(created: int, delay: int | None) -> str:
    return NULL if delay is None else moment(created + delay)
