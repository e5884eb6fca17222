import base64
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from uuid import UUID

import pytest

from kit.paging import CursorError, decode_cursor, encode_cursor


class Key(NamedTuple):
    created_at: datetime
    id: UUID


NOON = datetime(2026, 9, 14, 12, 0, 0, 123456, tzinfo=UTC)
ID = UUID("0b4f3b7e-6a55-4a5c-9f64-0d8c5a1c2f11")


def raw(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_a_cursor_gives_its_keys_back() -> None:
    assert decode_cursor(encode_cursor(Key(NOON, ID)), Key) == Key(NOON, ID)
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    assert decode_cursor(encode_cursor(Key(elsewhere, ID)), Key) == Key(NOON, ID)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "%",
        "ä",
        raw("[]"),
        raw("null"),
        raw(f'["2026-09-14T12:00:00Z", "{ID}", 1]'),
        raw(f'["2026-09-14T12:00:00", "{ID}"]'),
        raw(f'["9999-12-31T23:59:59-14:00", "{ID}"]'),
        raw(f'["0001-01-01T00:00:00+14:00", "{ID}"]'),
        raw('["2026-09-14T12:00:00Z", "nope"]'),
        raw("[" * 5000),
        "A" * 5000,
    ],
)
def test_anything_else_is_no_cursor(cursor: str) -> None:
    with pytest.raises(CursorError):
        decode_cursor(cursor, Key)
