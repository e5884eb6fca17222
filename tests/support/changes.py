"""Every mutation, and what another teacher may try with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.support.graph import global_id
from tests.support.school import School

Input = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """`by_owner` is what the owner of the school does. `attempts` are another teacher's, whose school is the second.

    Without `of_school` it touches nothing that is there, and so everybody may do it.
    """

    by_owner: Callable[[School], Input]
    attempts: Sequence[Callable[[School, School], Input]] = field(default=())
    of_school: bool = True


def person(**changes: Any) -> Input:
    return {"firstName": "Åsa", "lastName": "Öberg"} | changes


def confirmation(batch: UUID, essay: UUID, student: UUID) -> Input:
    said = {"essayId": str(essay), "studentId": str(student), "confirmed": True}
    return {"batchId": global_id("Batch", batch), "associations": [said]}


def class_of(school: School) -> str:
    return global_id("SchoolClass", school.classes[0])


def student_of(school: School) -> str:
    return global_id("Student", school.students[0])


CHANGES: Mapping[str, Change] = {
    "createClass": Change(lambda _: {"name": "SV2", "courseCode": "SV2"}, of_school=False),
    "updateClass": Change(lambda mine: {"id": class_of(mine), "name": "Taken", "courseCode": "ENG5"}),
    "deleteClass": Change(lambda mine: {"id": class_of(mine)}),
    "createStudent": Change(lambda mine: person(classIds=[class_of(mine)])),
    "updateStudent": Change(
        lambda mine: {"id": student_of(mine), "firstName": "Taken", "removeClassIds": [class_of(mine)]},
        [
            lambda theirs, own: {"id": student_of(own), "addClassIds": [class_of(theirs)]},
            lambda theirs, own: {"id": student_of(theirs), "addClassIds": [class_of(own)]},
        ],
    ),
    "deleteStudent": Change(lambda mine: {"id": student_of(mine)}),
    "confirmStudentAssociations": Change(
        lambda mine: confirmation(mine.batches[0], mine.essays[0], mine.students[1]),
        [
            lambda theirs, own: confirmation(own.batches[0], own.essays[0], theirs.students[0]),
            lambda theirs, own: confirmation(own.batches[0], theirs.essays[0], own.students[0]),
            lambda theirs, own: confirmation(theirs.batches[0], own.essays[0], own.students[0]),
        ],
    ),
}
"""By field of Mutation."""
