"""What comes of a request to an upstream, whatever carries it."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct


class NoAnswerError(Exception):
    """The upstream could not be reached, or hung up before its answer was whole."""


class GarbageError(Exception):
    """What came is no answer that we take; the message says why."""


class Answer(Struct, gc=False):
    """`body` is as sent, so compressed where `content_encoding` says so; both headers are empty where not given."""

    status: int
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = b""


Outcome: TypeAlias = Answer | Exception
"""The latter is NoAnswerError, GarbageError, or TimeoutError for a single step that takes too long."""
Landed: TypeAlias = Callable[[Outcome], None]
"""What is told the outcome, once."""
