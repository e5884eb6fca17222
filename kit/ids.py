"""Identifiers as they stand in paths, queries, headers and bodies."""

import re
from random import getrandbits
from uuid import UUID

from msgspec import convert

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_USER_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.:|@-]{1,128}", re.ASCII)


def parse_uuid(text: str) -> UUID | None:
    """The canonical form only: `uuid.UUID` also takes braces, `urn:uuid:` and full-width digits."""
    # In a third of the time that the class itself takes; a request may hold a thousand.
    return convert(text, UUID) if _UUID.fullmatch(text) else None


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def random_id() -> str:
    """As `str(uuid4())`, at a quarter of what it costs. It may be guessed: for names, not for secrets."""
    number = getrandbits(128)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[number >> 62 & 3]}{text[17:20]}-{text[20:]}"


def is_user_id(text: str) -> bool:
    return _USER_ID.fullmatch(text) is not None
