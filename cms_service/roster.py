"""The rules of classes and students.

Each function is the first part of a transaction: it writes the rows, and says the rest. What is not the user's is not
there.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from msgspec import UNSET, UnsetType

from cms_service import events
from cms_service.changes import Change
from cms_service.closing import close_class, close_student
from cms_service.contract import (
    MAX_CLASSES,
    ClassChanges,
    ClassCreated,
    NewClass,
    NewStudent,
    PersonNameChanges,
    SchoolClass,
    Student,
    StudentAddedToClass,
    StudentChanges,
    UpdateType,
)
from cms_service.queries import classes, students
from cms_service.queries.students import EmailTakenError, Person, StoredStudent
from kit.db import Connection
from kit.errors import ConflictError, FieldError, NotFoundError, ValidationError, invalid
from kit.events.outbox import Event
from kit.updates import Update


async def create_class(connection: Connection, user_id: str, body: NewClass) -> Change[SchoolClass]:
    class_id, name, [course_code] = uuid4(), body.name.strip(), body.course_codes
    at = await classes.create(connection, user_id, class_id, name, course_code)
    made = SchoolClass(class_id, name, course_code, 0, at, at)
    told = Update(user_id, UpdateType.CLASS_CREATED, ClassCreated(class_id, name))
    return Change(made, [_class_event(events.CLASS_CREATED, user_id, made)], [told])


async def update_class(connection: Connection, user_id: str, class_id: UUID, body: ClassChanges) -> Change[SchoolClass]:
    """Nothing is published when nothing changes. Raises NotFoundError."""
    old = await classes.lock(connection, user_id, class_id)
    if old is None:
        raise no_class()
    new = old
    if body.name is not None:
        new = new._replace(name=body.name.strip())
    if body.course_codes is not None:
        new = new._replace(course_code=body.course_codes[0])
    if new == old:
        found = await classes.find(connection, user_id, class_id)
        assert found
        return Change(found)
    changed = await classes.change(connection, user_id, class_id, new)
    return Change(changed, [_class_event(events.CLASS_UPDATED, user_id, changed)])


async def delete_class(connection: Connection, user_id: str, class_id: UUID) -> Change[None]:
    """Raises NotFoundError."""
    updates = await close_class(connection, class_id, user_id)
    await classes.remove(connection, user_id, class_id)
    gone = Event(events.CLASS_DELETED, class_id, events.ClassDeleted(class_id, user_id))
    return Change(None, [gone], updates)


async def create_student(connection: Connection, user_id: str, body: NewStudent) -> Change[Student]:
    """Raises ValidationError for classes, ConflictError for the e-mail address."""
    name, student_id = body.person_name, uuid4()
    person = Person(
        name.first_name.strip(), name.last_name.strip(), _trimmed(name.legal_full_name), _trimmed(body.email)
    )
    named = Named(class_ids=body.class_ids)
    class_ids = named.ids["class_ids"]
    created = await students.create(connection, user_id, student_id, person, class_ids)
    named.check_owned(created.owned)
    if created.at is None:
        raise _email_taken()
    made = _student(student_id, StoredStudent(person, created.owned, created.at, created.at))
    return Change(
        made, [_student_event(events.STUDENT_CREATED, user_id, made)], [*_added(user_id, student_id, class_ids)]
    )


async def update_student(
    connection: Connection, user_id: str, student_id: UUID, body: StudentChanges
) -> Change[Student]:
    """As `update_class`. Raises ValidationError for classes, ConflictError for the e-mail address."""
    old = await students.lock(connection, user_id, student_id)
    if old is None:
        raise no_student()
    new = replace(
        old, person=_changed(old.person, body), class_ids=await _classes_after(connection, user_id, old, body)
    )
    if new == old:
        return Change(_student(student_id, old))
    try:
        new = replace(new, updated_at=await students.change(connection, user_id, student_id, new.person))
    except EmailTakenError:
        raise _email_taken() from None
    added, removed = new.class_ids - old.class_ids, old.class_ids - new.class_ids
    if removed:
        await students.leave(connection, student_id, removed)
    if added:
        await students.join(connection, student_id, added)
    made = _student(student_id, new)
    updates = _added(user_id, student_id, sorted(added))
    return Change(made, [_student_event(events.STUDENT_UPDATED, user_id, made)], [*updates])


async def delete_student(connection: Connection, user_id: str, student_id: UUID) -> Change[None]:
    """Raises NotFoundError."""
    updates = await close_student(connection, student_id, user_id)
    await students.remove(connection, user_id, student_id)
    gone = Event(events.STUDENT_DELETED, student_id, events.StudentDeleted(student_id, user_id))
    return Change(None, [gone], updates)


def no_class() -> NotFoundError:
    return NotFoundError("There is no such class.")


def no_student() -> NotFoundError:
    return NotFoundError("There is no such student.")


def _email_taken() -> ConflictError:
    wrong = FieldError("email", "is another student's already")
    return ConflictError("Another student of yours has this e-mail address.", fields=[wrong])


def _changed(person: Person, body: StudentChanges) -> Person:
    name = body.person_name or PersonNameChanges()
    return Person(
        person.first_name if name.first_name is None else name.first_name.strip(),
        person.last_name if name.last_name is None else name.last_name.strip(),
        _unless_absent(name.legal_full_name, person.legal_full_name),
        _unless_absent(body.email, person.email),
    )


def _unless_absent(new: str | UnsetType | None, old: str | None) -> str | None:
    return old if new is UNSET else _trimmed(new)


def _trimmed(text: str | None) -> str | None:
    return None if text is None else text.strip()


async def _classes_after(
    connection: Connection, user_id: str, old: StoredStudent, body: StudentChanges
) -> frozenset[UUID]:
    named = Named(class_ids=body.class_ids, add_class_ids=body.add_class_ids, remove_class_ids=body.remove_class_ids)
    if named.all:
        named.check_owned(await classes.keep(connection, user_id, named.all))
    start = old.class_ids if body.class_ids is None else frozenset(named.ids["class_ids"])
    after = start.union(named.ids["add_class_ids"]).difference(named.ids["remove_class_ids"])
    if len(after) > MAX_CLASSES:
        raise invalid("add_class_ids", f"would make it {len(after)} classes; a student has at most {MAX_CLASSES}")
    return after


class Named:
    """Class ids by the field of the body that names them; those of a field once each."""

    def __init__(self, **texts: Sequence[str] | None) -> None:
        """Raises ValidationError for more than a student may have, and for what is to be added and removed."""
        self.texts = {field: [UUID(each) for each in given or ()] for field, given in texts.items()}
        self.ids = {field: [*dict.fromkeys(given)] for field, given in self.texts.items()}
        wrong = [
            FieldError(field, f"may hold at most {MAX_CLASSES} ids, not {len(ids)}")
            for field, ids in self.ids.items()
            if len(ids) > MAX_CLASSES
        ]
        added = set(self.ids.get("add_class_ids", ()))
        wrong += self._at("remove_class_ids", "is to be added, too", lambda each: each in added)
        if wrong:
            raise ValidationError(wrong)

    @property
    def all(self) -> list[UUID]:
        return [*dict.fromkeys(each for ids in self.ids.values() for each in ids)]

    def check_owned(self, owned: Collection[UUID]) -> None:
        """Raises ValidationError for those that are not among them."""
        wrong = [
            error
            for field in self.texts
            for error in self._at(field, "must be one of your classes", lambda each: each not in owned)
        ]
        if wrong:
            raise ValidationError(wrong)

    def _at(self, field: str, message: str, is_wrong: Callable[[UUID], bool]) -> list[FieldError]:
        given = self.texts.get(field, ())
        return [FieldError(f"{field}.{place}", message) for place, each in enumerate(given) if is_wrong(each)]


def _added(user_id: str, student_id: UUID, class_ids: Iterable[UUID]) -> Iterator[Update]:
    for class_id in class_ids:
        yield Update(user_id, UpdateType.STUDENT_ADDED_TO_CLASS, StudentAddedToClass(class_id, student_id))


def _student(student_id: UUID, stored: StoredStudent) -> Student:
    person = stored.person
    return Student(
        id=student_id,
        first_name=person.first_name,
        last_name=person.last_name,
        legal_full_name=person.legal_full_name or f"{person.first_name} {person.last_name}",
        email=person.email,
        class_ids=sorted(stored.class_ids),
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


def _class_event(kind: str, user_id: str, of: SchoolClass) -> Event:
    return Event(kind, of.id, events.ClassDescribed(of.id, of.name, [of.course_code], user_id))


def _student_event(kind: str, user_id: str, of: Student) -> Event:
    data = events.StudentDescribed(of.id, of.first_name, of.last_name, of.email, of.class_ids, user_id)
    return Event(kind, of.id, data)
