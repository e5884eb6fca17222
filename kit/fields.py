"""A body read field by field, so that one answer names every field that is wrong."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

import msgspec
from starlette.requests import Request

from kit.bodies import decode_json, parse_ids, read_body
from kit.errors import FieldError, ValidationError
from kit.paging import CursorError, decode_cursor

T = TypeVar("T")
K = TypeVar("K", bound=tuple[Any, ...])


class Fields:
    """Gathers what is wrong; what is wrong reads as the default, until `check` refuses it all."""

    def __init__(self) -> None:
        self.wrong: list[FieldError] = []

    async def read(self, request: Request, of: type[T]) -> T:
        """`of` is a dataclass whose fields all have defaults. Raises as `read_body` does for what is no object."""
        given = await read_body(request, dict[str, msgspec.Raw])
        hints, read = get_type_hints(of, include_extras=True), {}
        for name in (each.name for each in fields(of) if each.name in given):  # type: ignore[arg-type]
            try:
                read[name] = decode_json(name, bytes(given[name]), hints[name])
            except ValidationError as error:
                self._add(name, error)
        return of(**read)

    def ids(self, name: str, texts: Sequence[str], limit: int) -> list[UUID]:
        try:
            return parse_ids(name, texts, limit)
        except ValidationError as error:
            self._add(name, error)
            return []

    def cursor(self, name: str, text: str | None, keys: type[K]) -> K | None:
        try:
            return None if text is None else decode_cursor(text, keys)
        except CursorError:
            self.wrong.append(FieldError(name, "must be a cursor that this list gave"))
            return None

    def check(self, *others: FieldError) -> None:
        """Raises ValidationError for all that is wrong, the others included."""
        if self.wrong or others:
            raise ValidationError([*self.wrong, *others])

    def _add(self, name: str, error: ValidationError) -> None:
        """Inside a field, paths begin at the field."""
        told = ((each.field if each.field == name else f"{name}.{each.field}", each.message) for each in error.fields)
        self.wrong += [FieldError(*each) for each in told]
