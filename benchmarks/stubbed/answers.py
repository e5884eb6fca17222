"""What CMS and RAS would answer for teachers of the same 1,000 batches each; only the ids in them differ.

Answers are spelled once, for a teacher who does not exist; those of others are copies with that one's number replaced.
"""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qs

import msgspec

from kit.paging import encode_cursor

TEACHERS = 1000
BATCHES = 1000
"""Of each teacher."""

_NOBODY = "ffffffff"
_CLASSES = 6
_STATUSES = (
    *("pending_content", "ready", "processing", "processing"),
    *("completed_successfully", "completed_successfully", "completed_with_failures", "failed"),
)
_encode = msgspec.json.Encoder().encode


def teacher(number: int) -> str:
    return f"teacher-{number:08x}"


def body_of(target: bytes, body: bytes) -> bytes:
    """Of a request's target and its body. Raises KeyError for what the two services do not have."""
    path, _, query = target.partition(b"?")
    if path.startswith(b"/internal/v1/batches/user/teacher-"):
        return _batches(query).replace(_NOBODY.encode(), path[-8:])
    return _OTHERS[path](query, body)


@cache
def _batches(query: bytes) -> bytes:
    """A page of nobody's batches."""
    asked = parse_qs(query.decode())
    limit, cursors = int(asked["limit"][0]), "cursors" in asked
    told = [encode_cursor((_created(number), _batch_id(number))) for number in range(limit)]
    page = {
        "batches": [_batch(number) for number in range(limit)],
        "pagination": {"limit": limit, "offset": 0, "total": BATCHES, "next": told[-1] if limit < BATCHES else None},
    }
    return _encode({**page, "cursors": told} if cursors else page)


def _batch(number: int) -> dict[str, object]:
    status = _STATUSES[number % len(_STATUSES)]
    completed = 8 if status.startswith("completed") else number % 5
    return {
        "batch_id": _batch_id(number),
        "user_id": f"teacher-{_NOBODY}",
        "assignment_id": f"argumenterande-text-{number}",
        "title": None if number % 7 == 6 else f"Argumenterande text {number}: ska läxor avskaffas?",
        "batch_type": "regular" if _in_class(number) else "guest",
        "overall_status": status,
        "current_phase": "cj_assessment" if status == "processing" else None,
        "requested_pipelines": ["spellcheck", "cj_assessment"],
        "essay_count": 10,
        "completed_essay_count": completed,
        "failed_essay_count": 1,
        "created_at": _created(number),
        "updated_at": _created(number),
        "processing_started_at": _created(number),
        "processing_completed_at": _created(number) if completed == len(_STATUSES) else None,
    }


def _created(number: int) -> str:
    return f"2026-09-{1 + number % 28:02}T08:{number % 60:02}:00.123456Z"


def _batch_id(number: int) -> str:
    return f"{_NOBODY}-0000-4000-8000-{number:012x}"


def _in_class(number: int) -> bool:
    return number % 5 != 4


def _class_info(query: bytes, body: bytes) -> bytes:
    asked = _asked(query) if query else msgspec.json.decode(body)["batch_ids"]
    if not asked:
        return b"{}"
    entries = ",".join([_INFO[each[24:]] for each in asked])
    return f"{{{entries}}}".replace(_NOBODY, asked[0][:8]).encode()


def _asked(query: bytes) -> list[str]:
    listed = query.removeprefix(b"batch_ids=").decode()
    return re.split("%2[Cc]|,", listed) if listed else []


def _info(number: int) -> str:
    """With its key."""
    info = f'{{"class_id":"{_NOBODY}-0000-4000-9000-{number % _CLASSES:012x}","class_name":"SV{number % _CLASSES}B"}}'
    return f'"{_batch_id(number)}":{info if _in_class(number) else "null"}'


_INFO = {f"{number:012x}": _info(number) for number in range(BATCHES)}
_OTHERS: dict[bytes, Callable[[bytes, bytes], bytes]] = {
    b"/internal/v1/batches/class-info": _class_info,
    b"/healthz": lambda _, __: b"{}",
}
