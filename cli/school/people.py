"""A teacher's classes and students."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from cli.school import names, rows
from cms_service.contract import CourseCode
from cms_service.tables import ClassStudent, SchoolClass, Student

TERM_START = datetime(2026, 8, 17, 6, 0, tzinfo=UTC)
ANCHOR = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
"""The school's now: nothing in it is later, and no clock is read."""

_DOMAIN = "elev.ekbackaskolan.example"


@dataclass(frozen=True, slots=True)
class Group:
    """A class and who is in it."""

    row: SchoolClass
    course: CourseCode
    students: tuple[Student, ...]


@dataclass
class Staff:
    """One teacher's own. `placeholders` holds the UNKNOWN student of a class that needed one."""

    teacher: str
    groups: list[Group] = field(default_factory=list)
    students: list[Student] = field(default_factory=list)
    memberships: list[ClassStudent] = field(default_factory=list)
    placeholders: dict[UUID, Student] = field(default_factory=dict)


def new_id(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def staff(rng: Random, teacher: str, cohorts: int) -> Staff:
    """Each cohort reads Swedish with this teacher, or English, or both."""
    own = Staff(teacher)
    addresses: set[str] = set()
    for letter in "abcd"[:cohorts]:
        year = rng.choice(list(names.COURSES_BY_YEAR))
        cohort = f"{rng.choice(names.PROGRAMMES)}{year}{letter}"
        students = _cohort(rng, teacher, addresses)
        own.students += students
        courses = names.COURSES_BY_YEAR[year]
        taught = courses if cohorts > 2 or rng.random() < 0.6 else (rng.choice(courses),)
        for course in taught:
            _open_class(rng, own, course, cohort, students)
    return own


def _open_class(rng: Random, own: Staff, course: CourseCode, cohort: str, students: list[Student]) -> None:
    created = TERM_START - timedelta(days=rng.randint(1, 9), seconds=rng.randint(0, 20_000))
    row = SchoolClass(
        id=new_id(rng),
        name=names.class_name(course, cohort),
        created_by_user_id=own.teacher,
        created_at=created,
        updated_at=created + timedelta(minutes=rng.choice((0, 0, 4, 90))),
    )
    own.groups.append(Group(row, course, tuple(students)))
    own.memberships += [ClassStudent(class_id=row.id, student_id=each.id, created_at=TERM_START) for each in students]


def _cohort(rng: Random, teacher: str, addresses: set[str]) -> list[Student]:
    return [_student(rng, teacher, addresses) for _ in range(rng.randint(19, 30))]


def _student(rng: Random, teacher: str, addresses: set[str]) -> Student:
    first_name, last_name = rng.choice(names.FIRST_NAMES), rng.choice(names.LAST_NAMES)
    legal = f"{first_name} {rng.choice(names.MIDDLE_NAMES)} {last_name}" if rng.random() < 0.08 else None
    return rows.student(
        new_id(rng),
        teacher,
        first_name,
        last_name,
        _address(first_name, last_name, addresses) if rng.random() < 0.9 else None,
        legal_full_name=legal,
        is_placeholder=False,
        created_at=TERM_START,
        updated_at=TERM_START + timedelta(days=rng.choice((0, 0, 0, 2, 30))),
    )


def _address(first_name: str, last_name: str, taken: set[str]) -> str:
    local = f"{names.ascii_slug(first_name)}.{names.ascii_slug(last_name)}"
    address, number = f"{local}@{_DOMAIN}", 1
    while address in taken:
        number += 1
        address = f"{local}{number}@{_DOMAIN}"
    taken.add(address)
    return address


def placeholder(rng: Random, own: Staff, class_id: UUID, needed_at: datetime) -> Student:
    """The class's UNKNOWN student, made when it is first needed."""
    known = own.placeholders.get(class_id)
    if known is None:
        known = own.placeholders[class_id] = rows.student(
            new_id(rng),
            own.teacher,
            "UNKNOWN",
            "STUDENT",
            f"unknown.{class_id}@huleedu.system",
            legal_full_name=None,
            is_placeholder=True,
            created_at=needed_at,
            updated_at=needed_at,
        )
        own.memberships.append(ClassStudent(class_id=class_id, student_id=known.id, created_at=needed_at))
    return known
