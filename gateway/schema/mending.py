"""From what is wrong with a change, here or in CMS, to where in the input it is and what the user can do about it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.schema.payloads import ErrorCode, UserError
from gateway.upstreams.refusals import RefusedError
from kit.errors import FieldError
from kit.misfits import misfits

Path = tuple[str, ...]

_NO_CLASS = (ErrorCode.RESOURCE_NOT_FOUND, "There is no such class.")
_REFUSALS: Mapping[tuple[int, str], tuple[ErrorCode, str]] = {
    (409, "email"): (ErrorCode.CONFLICT, "Another of your students has this e-mail address."),
    (400, "class_ids.*"): _NO_CLASS,
    (400, "add_class_ids.*"): _NO_CLASS,
    (400, "remove_class_ids.*"): _NO_CLASS,
    (400, "add_class_ids"): (ErrorCode.VALIDATION_ERROR, "A student is in at most 20 classes."),
    (400, "associations.*.essay_id"): (
        ErrorCode.RESOURCE_NOT_FOUND,
        "No association of this essay in this batch can be changed.",
    ),
    (400, "associations.*.student_id"): (
        ErrorCode.RESOURCE_NOT_FOUND,
        "There is no such student in the essay's class.",
    ),
}
"""By CMS's status and field what its refusals mean, in the graph's own words; `*` is an index."""

_NAMES = {"course_codes": "courseCode"}


def unknown(*path: str, what: str) -> UserError:
    return UserError(code=ErrorCode.RESOURCE_NOT_FOUND, field=["input", *path], message=f"There is no such {what}.")


def invalid(*path: str, message: str) -> UserError:
    return UserError(code=ErrorCode.VALIDATION_ERROR, field=["input", *path], message=message)


def misfitting(body: Mapping[str, Any], of: type) -> list[UserError]:
    """Where the body does not fit CMS's contract, so that CMS need not be asked."""
    return [invalid(*path_of(each.field), message=told(each)) for each in misfits(body, of)]


def told(error: FieldError) -> str:
    return f"It {error.message}." if error.message.startswith(("must", "is ")) else error.message


def refused(error: RefusedError, *, missing: UserError | None = None) -> list[UserError]:
    """`missing`: what a 404 means. Raises the error again where the user can do nothing about it."""
    if error.answered == 404 and missing:
        return [missing]
    if error.answered == 409 and not error.fields:
        return [
            UserError(
                code=ErrorCode.CONFLICT,
                field=["input"],
                message="Its Idempotency-Key is of another change, or of one still under way.",
            )
        ]
    found = [*_known(error)]
    if len(found) != len(error.fields) or not found:
        raise error
    return found


def _known(error: RefusedError) -> Iterator[UserError]:
    for field in error.fields:
        meaning = _REFUSALS.get((error.answered, re.sub(r"\.\d+(?=\.|$)", ".*", field)))
        if meaning:
            code, message = meaning
            yield UserError(code=code, field=["input", *path_of(field)], message=message)


def path_of(field: str) -> Path:
    """A field of CMS's bodies as the inputs have it."""
    segments: Iterable[str] = field.removeprefix("person_name").lstrip(".").split(".")
    return tuple(_NAMES.get(each) or re.sub(r"_(\w)", lambda found: found[1].upper(), each) for each in segments)
