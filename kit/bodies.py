"""Request bodies, decoded and checked in one pass into the contract's classes."""

import re
from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request

from kit.errors import UnsupportedMediaError, invalid
from kit.ids import parse_uuid

T = TypeVar("T")
_PATH = re.compile(r"(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_MANY_BAD = 20


async def read_body(request: Request, of: type[T]) -> T:
    """Raises UnsupportedMediaError, PayloadTooLargeError, or ValidationError at the failing field."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaError("The body must be application/json.")
    return decode_json("body", await request.body(), of)


def decode_json(name: str, raw: bytes, of: type[T]) -> T:
    """Raises ValidationError at the failing field, or at `name` for the whole."""
    try:
        return msgspec.json.decode(raw, type=of)
    except msgspec.ValidationError as error:
        found = _PATH.fullmatch(str(error))
        assert found
        field = re.sub(r"\[(\d+)\]", r".\1", found["path"] or "").lstrip(".")
        raise invalid(field or name, found["reason"]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid(name, "must be JSON in UTF-8") from None
    except RecursionError:
        raise invalid(name, "is nested too deeply") from None


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
