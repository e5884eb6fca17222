"""What is printed while a command works."""

import sys
from contextlib import suppress


def say(text: str = "") -> None:
    """At once, and without failing where nobody reads any more: a closed terminal must not keep us from stopping."""
    with suppress(OSError):
        print(text, flush=True)


def complain(text: str) -> None:
    with suppress(OSError):
        print(f"teacher-graph: {text}", file=sys.stderr, flush=True)
