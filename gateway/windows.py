"""The page of a list that a field's arguments ask for."""

from functools import lru_cache
from typing import Any

import strawberry
from msgspec import Struct

from gateway.upstreams.http1.request import query_of
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

    def query(self, **more: Any) -> str:
        """As the services' lists take it, with a cursor for each item in return, and what else one of them takes."""
        return query_of({**_params(self), **more}) if more else _query(self)


def _params(asked: Window) -> dict[str, Any]:
    params = {"limit": asked.first, "offset": asked.offset, "cursors": "true"}
    return params if asked.after is None else {**params, "after": asked.after}


@lru_cache(maxsize=1024)
def _query(asked: Window) -> str:
    return query_of(_params(asked))


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
