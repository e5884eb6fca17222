"""Spans of SQL statements, which are told without the values that are sent with them."""

import re
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Engine

from kit.tracing.spans import CLIENT, Silent, Span, span

_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w$\"])\d+(?:\.\d+)?\b")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN)\s+(?:ONLY\s+)?([a-z_][\w.]*)\b(?!\s*\()", re.IGNORECASE)
_MOST_SUMMARY = 255
_WORD = re.compile(r"[A-Za-z]+")


class Statement(NamedTuple):
    summary: str
    operation: str
    text: str


def statement_span(sql: str, engine: Engine) -> Span | Silent:
    """Begun, and to be ended; it is nobody's parent."""
    begun = span("SQL", CLIENT)
    if isinstance(begun, Span):
        told = described(sql)
        begun.name = told.summary
        begun.attributes = {
            "db.system.name": "postgresql",
            "db.namespace": engine.url.database or "",
            "db.operation.name": told.operation,
            "db.query.summary": told.summary,
            "db.query.text": told.text,
            "server.address": engine.url.host or "",
            "server.port": engine.url.port or 5432,
        }
    return begun


@lru_cache(1024)
def described(sql: str) -> Statement:
    """Our statements have their values apart, and those of SQLAlchemy's that have not are cut out."""
    word, tables = _WORD.search(sql), _TABLE.findall(sql)
    operation = word.group().upper() if word else "SQL"
    text = " ".join(_LITERAL.sub("?", sql).split())
    return Statement(" ".join([operation, *dict.fromkeys(tables)])[:_MOST_SUMMARY], operation, text)
