"""Pages of a list: by offset, or by a cursor that holds the sort keys of the item it follows."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=tuple[Any, ...])

MAX_LIMIT = 100
MAX_OFFSET = 2_147_483_647
MAX_CURSOR = 16_384
"""Characters of a cursor. Sort keys of names are in it, and one letter of a name may be many bytes of its key."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a request asks for; `after` holds the decoded sort keys."""

    limit: int
    offset: int
    after: Any = None


class CursorError(ValueError):
    pass


def encode_cursor(keys: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).rstrip(b"=").decode()


def decode_cursor(cursor: str, keys: type[T]) -> T:
    """`keys` is a NamedTuple. Raises CursorError for everything that `encode_cursor` did not make of such keys."""
    if len(cursor) > MAX_CURSOR:
        raise CursorError
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        make: Callable[..., T] = keys
        decoded = msgspec.json.decode(raw, type=keys)
        return make(*(_comparable(each) for each in decoded))
    except (binascii.Error, msgspec.MsgspecError, OverflowError, ValueError) as error:
        raise CursorError from error


def _comparable(key: Any) -> Any:
    """Raises ValueError and OverflowError for what a database refuses to compare."""
    if isinstance(key, str) and "\0" in key:
        raise ValueError("a sort key may not hold NUL")
    return _utc(key) if isinstance(key, datetime) else key


def _utc(moment: datetime) -> datetime:
    """Raises ValueError without a zone and OverflowError at the ends of the calendar."""
    if moment.tzinfo is None:
        raise ValueError("a sort key must have a zone")
    return moment.astimezone(UTC)
