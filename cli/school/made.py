"""Made schools: any number of teachers and batches, for measuring."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from cli.school import made_lines as lines
from cli.school import models
from cli.school.copying import Connection, connect, copy_texts, together
from cli.school.copytext import columns
from cli.school.loading import analyze, course_ids
from cli.school.made_lines import MadeTeacher, Piece
from cli.school.models import model
from cli.school.rows import Row
from cms_service.tables import (
    AssociationConfirmation,
    BatchClass,
    ClassStudent,
    EssayAssociation,
    SchoolClass,
    Student,
)
from cms_service.tables import Base as CmsBase
from ras_service.tables import Base as RasBase
from ras_service.tables import BatchCount, BatchResult, EssayResult

T = TypeVar("T")

MAX_TEACHERS = 99_999
MAX_BATCHES = 100_000
MAX_ESSAYS = 100

_MODELS = 8
# Essays in one message to PostgreSQL, and in one COPY: the first bounds our memory, the second the server's
# queue of foreign keys to check.
_PIECE = 10_000
_SLICE = 200_000


class MadeSchoolError(Exception):
    """What was asked for cannot be made; the message names the input and the limit."""


@dataclass(frozen=True, slots=True)
class Size:
    """`batches` of each teacher, `essays` in each batch."""

    teachers: int
    batches: int
    essays: int

    def __post_init__(self) -> None:
        """Raises MadeSchoolError."""
        limits = {"teachers": MAX_TEACHERS, "batches": MAX_BATCHES, "essays": MAX_ESSAYS}
        for name, most in limits.items():
            given = getattr(self, name)
            if not 1 <= given <= most:
                raise MadeSchoolError(f"{name} must be from 1 to {most:,}, and is {given:,}.")


def made_user_id(number: int) -> str:
    """`number` counts from 1."""
    return f"teacher-{number:05}"


async def load_made(
    cms_url: str, ras_url: str, *, teachers: int, batches: int, essays: int, progress: Callable[[str], None]
) -> None:
    """One transaction in each database. Raises MadeSchoolError for a size beyond the limits or a second made school."""
    size = Size(teachers, batches, essays)
    async with connect(cms_url) as cms, connect(ras_url) as ras:
        await _refuse_second(cms, ras)
        async with cms.transaction(), ras.transaction():
            await _load(cms, ras, size, progress)
        progress("Gathering statistics.")
        await together(analyze(cms, CmsBase), analyze(ras, RasBase))


async def _refuse_second(cms: Connection, ras: Connection) -> None:
    first = made_user_id(1)
    if await cms.fetchval("SELECT EXISTS (SELECT FROM classes WHERE created_by_user_id = $1)", first) or (
        await ras.fetchval("SELECT EXISTS (SELECT FROM batch_results WHERE user_id = $1)", first)
    ):
        raise MadeSchoolError(
            f"There is a made school already ({first} has classes or batches): start from fresh databases."
        )


async def _load(cms: Connection, ras: Connection, size: Size, progress: Callable[[str], None]) -> None:
    teachers = _teachers(size)
    await together(_copy_people(cms, teachers), _copy(ras, BatchCount, (), teachers, lines.count_lines))
    done = 0
    for pieces in _slices(teachers, size):
        await together(_copy_cms(cms, pieces), _copy_ras(ras, pieces))
        done += sum(len(piece.batches) for piece in pieces)
        progress(f"{done:,} of {size.teachers * size.batches:,} batches")


def _teachers(size: Size) -> list[MadeTeacher]:
    models = [model(number, size.essays) for number in range(min(_MODELS, size.teachers))]
    return [
        MadeTeacher(number, made_user_id(number + 1), models[number % len(models)], size.batches, size.essays)
        for number in range(size.teachers)
    ]


def _slices(teachers: Iterable[MadeTeacher], size: Size) -> Iterator[list[Piece]]:
    step = max(1, _PIECE // size.essays)
    pieces = (
        Piece(teacher, range(start, min(start + step, size.batches)))
        for teacher in teachers
        for start in range(0, size.batches, step)
    )
    largest = min(step, size.batches) * size.essays
    return iter(lambda: list(islice(pieces, max(1, _SLICE // largest))), [])


async def _copy_people(cms: Connection, teachers: Sequence[MadeTeacher]) -> None:
    courses = await course_ids(cms)
    await _copy(cms, SchoolClass, models.CLASS_OWN, teachers, partial(lines.class_lines, courses=courses))
    await _copy(cms, Student, models.STUDENT_OWN, teachers, lines.student_lines)
    await _copy(cms, ClassStudent, (), teachers, lines.member_lines)


async def _copy_cms(cms: Connection, pieces: Sequence[Piece]) -> None:
    await _copy(cms, EssayAssociation, models.ASSOCIATION_OWN, pieces, lines.association_lines)
    await _copy(cms, BatchClass, (), pieces, lines.batch_class_lines)
    await _copy(cms, AssociationConfirmation, (), pieces, lines.confirmation_lines)


async def _copy_ras(ras: Connection, pieces: Sequence[Piece]) -> None:
    await _copy(ras, BatchResult, models.BATCH_OWN, pieces, lines.batch_lines)
    await _copy(ras, EssayResult, models.ESSAY_OWN, pieces, lines.essay_lines)


async def _copy(
    connection: Connection,
    table: type[Row],
    own: Sequence[str],
    parts: Iterable[T],
    lines_of: Callable[[T], Iterator[str]],
) -> None:
    texts = ("".join(lines_of(part)) for part in parts)
    await copy_texts(connection, table.__tablename__, columns(table, own), texts)
