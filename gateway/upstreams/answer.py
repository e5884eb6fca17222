"""What comes of a request to an upstream, whatever carries it."""

from dataclasses import dataclass


class NoAnswerError(Exception):
    """The upstream could not be reached, or hung up before its answer was whole."""


class GarbageError(Exception):
    """What came is no answer that we take; the message says why."""


@dataclass(slots=True)
class Answer:
    """`body` is as sent, so compressed where `content_encoding` says so; both headers are empty where not given."""

    status: int
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = b""
