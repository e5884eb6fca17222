"""Identifiers as they stand in paths, queries, headers and bodies."""

import re
from uuid import UUID

from msgspec import convert

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_USER_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.:|@-]{1,128}", re.ASCII)


def parse_uuid(text: str) -> UUID | None:
    """The canonical form only: `uuid.UUID` also takes braces, `urn:uuid:` and full-width digits."""
    # In a third of the time that the class itself takes; a request may hold a thousand.
    return convert(text, UUID) if _UUID.fullmatch(text) else None


def is_user_id(text: str) -> bool:
    return _USER_ID.fullmatch(text) is not None
