"""From an input to the body that CMS takes, with everything in it checked that can be without asking."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

from gateway.schema.inputs import (
    ConfirmStudentAssociationsInput,
    CreateClassInput,
    CreateStudentInput,
    UpdateClassInput,
    UpdateStudentInput,
)
from gateway.schema.mending import invalid, misfitting, unknown
from gateway.schema.node import uuid_of
from gateway.schema.payloads import UserError


@dataclass(slots=True)
class Draft:
    """`body` fits the contract when there are no errors."""

    body: dict[str, Any] = field(default_factory=dict)
    errors: list[UserError] = field(default_factory=list)

    def checked(self, of: type) -> "Draft":
        self.errors += misfitting(self.body, of)
        return self

    def put(self, name: str, value: Any) -> None:
        """Nothing where the input says nothing."""
        if value is not strawberry.UNSET:
            self.body[name] = value.value if isinstance(value, Enum) else value

    def put_set(self, name: str, path: str, value: Any) -> None:
        """Of what cannot be cleared."""
        if value is None:
            self.errors.append(invalid(path, message="It cannot be null: leave it out to keep what is there."))
        else:
            self.put(name, value)

    def put_ids(self, name: str, path: str, ids: Sequence[str] | None) -> None:
        """Of classes; null is none."""
        if ids is strawberry.UNSET or ids is None:
            return
        found = [uuid_of("SchoolClass", each) for each in ids]
        self.errors += [unknown(path, str(n), what="class") for n, each in enumerate(found) if each is None]
        self.body[name] = [str(each) for each in found if each]


def new_class(given: CreateClassInput) -> Draft:
    return Draft({"name": given.name, "course_codes": [given.course_code.value]})


def class_changes(given: UpdateClassInput) -> Draft:
    draft = Draft()
    draft.put_set("name", "name", given.name)
    code = given.course_code
    draft.put_set("course_codes", "courseCode", [code.value] if isinstance(code, Enum) else code)
    return draft


def new_student(given: CreateStudentInput) -> Draft:
    draft = Draft({"person_name": {"first_name": given.first_name, "last_name": given.last_name}})
    if given.legal_full_name is not strawberry.UNSET:
        draft.body["person_name"]["legal_full_name"] = given.legal_full_name
    draft.put("email", given.email)
    draft.put_ids("class_ids", "classIds", given.class_ids)
    return draft


def student_changes(given: UpdateStudentInput) -> Draft:
    draft, name = Draft(), Draft()
    name.put_set("first_name", "firstName", given.first_name)
    name.put_set("last_name", "lastName", given.last_name)
    name.put("legal_full_name", given.legal_full_name)
    draft.errors += name.errors
    if name.body:
        draft.body["person_name"] = name.body
    draft.put("email", given.email)
    draft.put_ids("add_class_ids", "addClassIds", given.add_class_ids)
    draft.put_ids("remove_class_ids", "removeClassIds", given.remove_class_ids)
    added = draft.body.get("add_class_ids", ())
    draft.errors += [
        invalid("removeClassIds", str(n), message="It is to be added, too.")
        for n, each in enumerate(draft.body.get("remove_class_ids", ()))
        if each in added
    ]
    return draft


def decisions(given: ConfirmStudentAssociationsInput) -> Draft:
    draft = Draft({"associations": []})
    seen: set[UUID] = set()
    for n, each in enumerate(given.associations):
        if each.essay_id in seen:
            draft.errors.append(invalid("associations", str(n), "essayId", message="It is there already."))
        seen.add(each.essay_id)
        decided: dict[str, Any] = {"essay_id": str(each.essay_id), "confirmed": each.confirmed}
        if each.confirmed:
            _name_student(draft, n, each.student_id, decided)
        draft.body["associations"].append(decided)
    return draft


def _name_student(draft: Draft, n: int, given: str | None, decided: dict[str, Any]) -> None:
    path = ("associations", str(n), "studentId")
    if given is None or given is strawberry.UNSET:
        draft.errors.append(invalid(*path, message="It is required when confirmed."))
    elif (student_id := uuid_of("Student", given)) is None:
        draft.errors.append(unknown(*path, what="student"))
    else:
        decided["student_id"] = str(student_id)
