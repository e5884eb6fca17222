"""How deep JSON is nested, from its bytes: a parser would have built it before anybody could tell."""

import re

from kit.errors import invalid

_PAIR = b"[]"
_ALIKE = bytes.maketrans(b"{}", _PAIR)
_OTHERS = bytes(each for each in range(256) if each not in b'[]{}"')
_RUN = re.compile(rb"(\[*)(\]*)")
_AT_ONCE = 8


def check_nesting(name: str, raw: bytes, at_most: int) -> None:
    """`[1]` is one level. Raises ValidationError, also for what is no JSON and only begins so deep."""
    if raw.count(b"[") + raw.count(b"{") > at_most and _deeper(_brackets(raw), at_most):
        raise invalid(name, f"has more than {at_most:,} levels of lists and objects")


def _deeper(brackets: bytes, at_most: int) -> bool:
    """The innermost levels are taken away at once, so that few runs are left to be looked at one by one."""
    levels = min(_AT_ONCE, at_most)
    for _ in range(levels):
        brackets = brackets.replace(_PAIR, b"")
    depth = levels
    for run in _RUN.finditer(brackets):
        opened, closed = run.span(1), run.span(2)
        depth += opened[1] - opened[0]
        if depth > at_most:
            return True
        depth -= closed[1] - closed[0]
    return False


def _brackets(raw: bytes) -> bytes:
    """Of one kind, and only those outside of texts: between two quotes, when the escaped ones are gone."""
    quoted = raw.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_ALIKE, _OTHERS).replace(b'""', b"")
    return b"".join(quoted.split(b'"')[::2])
