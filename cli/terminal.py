"""What is printed while a command works."""

import sys
from contextlib import suppress


def say(text: str = "") -> None:
    """At once, and without failing where nobody reads any more: a closed terminal must not keep us from stopping."""
    with suppress(OSError):
        print(text, flush=True)


def remark(text: str) -> None:
    """Beside an answer, so that whoever keeps that has it alone."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    with suppress(OSError):
        print(f"teacher-graph: {text}", file=sys.stderr, flush=True)
