"""A request's query parameters, read so that one answer names every parameter that is wrong."""

import re
from enum import StrEnum
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from kit.errors import FieldError, ValidationError
from kit.paging import MAX_LIMIT, MAX_OFFSET, CursorError, Window, decode_cursor

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T", bound=tuple[Any, ...])
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


class Query:
    def __init__(self, params: QueryParams) -> None:
        self.params = params
        self.wrong: list[FieldError] = []

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.params.get(name)
        if text is None:
            return default
        if _INTEGER.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        self._refuse(name, f"must be a whole number from {low} to {high}")
        return default

    def text(self, name: str, longest: int) -> str:
        """In characters; empty when it is not there."""
        text = self.params.get(name, "")
        if len(text) > longest or "\0" in text:
            self._refuse(name, f"must be at most {longest} characters, without NUL")
            return ""
        return text

    def members(self, name: str, of: type[E]) -> list[E]:
        """All values of a repeatable parameter."""
        asked = self.params.getlist(name)
        if not asked:
            return []
        known = {each.value: each for each in of}
        if any(text not in known for text in asked):
            self._refuse(name, f"must be one of {', '.join(known)}")
        return [known[text] for text in dict.fromkeys(asked) if text in known]

    def flag(self, name: str) -> bool:
        text = self.params.get(name, "false")
        if text not in {"true", "false"}:
            self._refuse(name, "must be true or false")
        return text == "true"

    def cursor(self, name: str, keys: type[T]) -> T | None:
        text = self.params.get(name)
        if text is None:
            return None
        try:
            return decode_cursor(text, keys)
        except CursorError:
            self._refuse(name, "must be a cursor that this list gave")
            return None

    def window(self, keys: type[T]) -> Window:
        """`limit`, `offset` and `after`, as every list takes them."""
        window = Window(
            self.integer("limit", 20, 1, MAX_LIMIT),
            self.integer("offset", 0, 0, MAX_OFFSET),
            self.cursor("after", keys),
        )
        if window.offset and "after" in self.params:
            self._refuse("offset", "must be 0 together with after")
        return window

    def check(self) -> None:
        """Raises ValidationError when anything that was read is wrong."""
        if self.wrong:
            raise ValidationError(self.wrong)

    def _refuse(self, name: str, message: str) -> None:
        self.wrong.append(FieldError(name, message))
