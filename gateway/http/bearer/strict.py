"""Base64url and JSON that can be read in one way only, so that nobody else reads something else in them."""

import base64
import json
from typing import Any


def from_base64url(text: str) -> bytes:
    """Without padding, and without bits behind the last byte. Raises ValueError."""
    # Decoders pass over much that is none; only what they would write themselves is the same when it comes back.
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        raise ValueError("no canonical base64url")
    return raw


def json_object(raw: bytes) -> dict[str, Any]:
    """In UTF-8, no key twice, no number that JSON does not have. Raises ValueError, or RecursionError when deep."""
    found = json.loads(raw.decode(), object_pairs_hook=_distinct, parse_constant=_no_json)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  like all else that is wrong with it
    return found


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _no_json(constant: str) -> Any:
    raise ValueError(constant)
