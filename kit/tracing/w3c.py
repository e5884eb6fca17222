"""W3C trace context: https://www.w3.org/TR/trace-context/"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

TRACESTATE = "tracestate"

SAMPLED = 1
_MOST_STATE = 512
"""Characters that everybody must pass on; what is longer is dropped whole, which is allowed, too."""

_FIRST = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
# A later version may have more behind it, and its first four parts are to be read as ours.
_LATER = re.compile(
    r"(?!00|ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?", re.ASCII
)
_STATE = re.compile(r"[\x20-\x7e\t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a caller's trace stands."""

    trace_id: int
    span_id: int
    sampled: bool
    state: str = ""


def remote(headers: Iterable[tuple[bytes, bytes]]) -> Remote | None:
    """Of a request's headers, with names in lower case. None for what is malformed, or there twice."""
    parents, states = [], []
    for name, value in headers:
        if name == b"traceparent":
            parents.append(value)
        elif name == b"tracestate":
            states.append(value)
    if len(parents) != 1:
        return None
    return parsed(parents[0].decode("latin-1"), ",".join(each.decode("latin-1") for each in states))


def parsed(traceparent: str, tracestate: str = "") -> Remote | None:
    found = _FIRST.fullmatch(traceparent) or _LATER.fullmatch(traceparent)
    if found is None:
        return None
    trace_id, span_id, flags = (int(each, 16) for each in found.groups())
    return Remote(trace_id, span_id, bool(flags & SAMPLED), kept(tracestate))


def kept(tracestate: str) -> str:
    """It is others' and opaque, but goes into our headers."""
    whole = tracestate.strip()
    return whole if len(whole) <= _MOST_STATE and _STATE.fullmatch(whole) else ""


def traceparent(trace_id: int, span_id: int, *, sampled: bool) -> str:
    return f"00-{trace_id:032x}-{span_id:016x}-{'01' if sampled else '00'}"
