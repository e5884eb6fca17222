"""The page of a list that a field's arguments ask for."""

from typing import Any

import strawberry
from msgspec import Struct

from kit.errors import ValidationError, invalid
from kit.paging import MAX_CURSOR, MAX_LIMIT, MAX_OFFSET

DEFAULT_FIRST = 20


class Window(Struct, frozen=True):
    first: int
    after: str | None
    offset: int = 0

    @property
    def has_previous(self) -> bool:
        return self.after is not None or self.offset > 0

    def params(self) -> dict[str, Any]:
        """As the services' lists take it, with a cursor for each item in return."""
        params = {"limit": self.first, "offset": self.offset, "cursors": "true"}
        return params if self.after is None else {**params, "after": self.after}


def window(first: int | None, after: str | None, offset: int | None = 0) -> Window:
    """Absent and null are the default. Raises ValidationError that names the argument and its limits."""
    cursor = None if after is strawberry.UNSET else after
    asked = Window(DEFAULT_FIRST if first is None else first, cursor, offset or 0)
    if not 1 <= asked.first <= MAX_LIMIT:
        raise invalid("first", f"must be from 1 to {MAX_LIMIT}, not {asked.first}")
    if not 0 <= asked.offset <= MAX_OFFSET:
        raise invalid("offset", f"must be from 0 to {MAX_OFFSET}, not {asked.offset}")
    if asked.offset and asked.after is not None:
        raise invalid("offset", "must be 0 together with after")
    if asked.after is not None and len(asked.after) > MAX_CURSOR:
        raise no_cursor()
    return asked


def no_cursor() -> ValidationError:
    return invalid("after", "must be a cursor that this list gave")
