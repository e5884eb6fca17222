"""Where a subscriber stands: opaque to it, and over both services."""

from typing import Annotated, NamedTuple

from msgspec import Meta

from kit.errors import invalid
from kit.paging import CursorError, decode_cursor, encode_cursor

Sequence = Annotated[int, Meta(ge=0, lt=10**18)]


class Cursor(NamedTuple):
    """The last update that was told, by service; None: none yet, and the next to come is the first."""

    cms: Sequence | None
    ras: Sequence | None


NOW = Cursor(None, None)


def encode(cursor: Cursor) -> str:
    return encode_cursor(cursor)


def decode(text: str | None) -> Cursor:
    """None starts now. Raises ValidationError."""
    try:
        return NOW if text is None else decode_cursor(text, Cursor)
    except CursorError:
        raise invalid("after", "must be a cursor that a subscription gave") from None
