"""Request bodies, decoded and checked in one pass into the contract's classes."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request

from kit.errors import FieldError, UnsupportedMediaError, ValidationError, invalid
from kit.ids import parse_uuid
from kit.misfits import at_field, misfits, plain

T = TypeVar("T")
_MANY_BAD = 20
_MANY_FIELDS = 100


async def read_body(request: Request, of: type[T]) -> T:
    """Raises UnsupportedMediaError, PayloadTooLargeError, or ValidationError for every failing field."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaError("The body must be application/json.")
    return decode_json("body", await request.body(), of)


def decode_json(name: str, raw: bytes, of: type[T]) -> T:
    """Raises ValidationError for every failing field, or at `name` for the whole."""
    try:
        return msgspec.json.decode(raw, type=of)
    except msgspec.ValidationError as error:
        refused = at_field(error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        refused = FieldError("", "must be JSON in UTF-8")
    except RecursionError:
        refused = FieldError("", "is nested too deeply")
    found = _failing(raw, of) or [refused]
    raise ValidationError(FieldError(each.field or name, each.message) for each in found)


def _failing(raw: bytes, of: type) -> list[FieldError]:
    """Nothing for what cannot be parsed at all."""
    try:
        return list(islice(misfits(plain(raw), of), _MANY_FIELDS))
    except (ValueError, RecursionError):
        return []


def parse_ids(name: str, texts: Iterable[str], limit: int, hint: str = "") -> list[UUID]:
    """Distinct ids in the order asked. Raises ValidationError that lists the malformed ones."""
    parsed = {text: parse_uuid(text) for text in texts}
    bad = [text for text, found in parsed.items() if found is None]
    if bad:
        listed = ", ".join(repr(text[:64]) for text in bad[:_MANY_BAD])
        more = f" and {len(bad) - _MANY_BAD} more" if len(bad) > _MANY_BAD else ""
        raise invalid(name, f"must be UUIDs; these are not: {listed}{more}")
    ids = list(dict.fromkeys(found for found in parsed.values() if found))
    if len(ids) > limit:
        raise invalid(name, f"may hold at most {limit} ids, not {len(ids)}{hint}")
    return ids
