"""COPY's text format, which any connection takes, whatever codecs it has."""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from cli.school.people import TERM_START
from cli.school.rows import Row

NULL = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_DATES = [(TERM_START + timedelta(days=day)).date().isoformat() for day in range(200)]
_MINUTES = [f" {minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60)]


def fields(row: Row, columns: Sequence[str]) -> str:
    types = _python_types(type(row))
    return "\t".join(_field(getattr(row, name), types[name]) for name in columns)


@cache
def _python_types(table: type[Row]) -> dict[str, type]:
    return {name: column.type.python_type for name, column in table.__table__.columns.items()}


def _field(value: Any, python_type: type) -> str:
    return NULL if value is None else _text(value, python_type).translate(_ESCAPED)


def _text(value: Any, python_type: type) -> str:
    """`python_type`, the column's, is list for an array alone: a list is JSON in any other column."""
    if python_type is list:
        return f"{{{','.join(value)}}}"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def columns(table: type[Row], own: Sequence[str]) -> list[str]:
    """`own` first, then the others."""
    return [*own, *(name for name in table.__table__.columns.keys() if name not in own)]  # noqa: SIM118


def rest(row: Row, own: Sequence[str]) -> str:
    """The fields of all columns but `own`."""
    return fields(row, columns(type(row), own)[len(own) :])


def moment(milliseconds: int) -> str:
    """After the midnight before the term. Formatting a datetime takes three times as long."""
    days, in_day = divmod(milliseconds, _DAY)
    minutes, in_minute = divmod(in_day, _MINUTE)
    return f"{_DATES[days]}{_MINUTES[minutes]}{in_minute / 1000:06.3f}+00"
