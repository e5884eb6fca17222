"""What mutations take. Absent is unchanged, null clears; what cannot be empty is checked in `mutating.py`."""

from uuid import UUID

import strawberry

from cms_service import contract as cms

_ID = "The global id, or the bare UUID."
_NAME = "1 to 100 characters; blanks around them do not count."
_LEGAL_NAME = "The name in the school's records, 1 to 255 characters; null or absent is first and last name."
_EMAIL = "Unique among the teacher's students, whatever its case."
_UNCHANGED = " Absent is unchanged."


@strawberry.input(description="A class to make.")
class CreateClassInput:
    name: str = strawberry.field(description=_NAME)
    course_code: cms.CourseCode = strawberry.field(description="The course that it takes.")


@strawberry.input(description="A class, and what becomes of it.")
class UpdateClassInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME + _UNCHANGED)
    course_code: cms.CourseCode | None = strawberry.field(
        default=strawberry.UNSET, description="The course that it takes." + _UNCHANGED
    )


@strawberry.input(description="What to delete.")
class DeleteInput:
    id: strawberry.ID = strawberry.field(description=_ID)


@strawberry.input(description="A student to make.")
class CreateStudentInput:
    first_name: str = strawberry.field(description=_NAME)
    last_name: str = strawberry.field(description=_NAME)
    legal_full_name: str | None = strawberry.field(default=strawberry.UNSET, description=_LEGAL_NAME)
    email: str | None = strawberry.field(default=strawberry.UNSET, description=_EMAIL)
    class_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description=f"The classes that the student is in, at most {cms.MAX_CLASSES}."
    )


@strawberry.input(description="A student, and what becomes of them.")
class UpdateStudentInput:
    id: strawberry.ID = strawberry.field(description=_ID)
    first_name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME + _UNCHANGED)
    last_name: str | None = strawberry.field(default=strawberry.UNSET, description=_NAME + _UNCHANGED)
    legal_full_name: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The name in the school's records, 1 to 255 characters; null makes it first and last name."
        + _UNCHANGED,
    )
    email: str | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_EMAIL} Null takes it away.{_UNCHANGED}"
    )
    add_class_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET,
        description=f"Classes that the student joins; a student is in at most {cms.MAX_CLASSES}.",
    )
    remove_class_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Classes that the student leaves."
    )


@strawberry.input(description="Whether a student wrote an essay.")
class StudentAssociationInput:
    essay_id: UUID = strawberry.field(description="The essay's key; each essay once.")
    student_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Who wrote it, of the essay's class: required when confirmed, ignored otherwise. It need not be "
        "the suggested student.",
    )
    confirmed: bool = strawberry.field(description="False rejects the suggestion.")


@strawberry.input(description="What the teacher says of a batch's essays: all of it is taken, or none.")
class ConfirmStudentAssociationsInput:
    batch_id: strawberry.ID = strawberry.field(description=_ID)
    associations: list[StudentAssociationInput] = strawberry.field(
        description=f"At most {cms.MAX_IDS}; essays that are not named stay as they are."
    )
