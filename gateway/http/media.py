"""Which media type an answer has, and whether it may come in parts."""

import re
from dataclasses import dataclass
from functools import lru_cache

from kit.errors import NotAcceptableError

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"
PARTS = "multipart/mixed"

OFFERED = (JSON, GRAPHQL, EVENT_STREAM)
"""For an answer as a whole, or one after another."""
SPEC = "v0.2"
"""How parts look: with `pending`, `incremental` and `completed`. There are older ways, which we do not speak."""
CACHED_CHARACTERS = 256

# One that does not end goes on to the last character: to look for the end of each quote in it takes quadratic time.
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)("|\\?\Z)', re.DOTALL)
_SEPARATORS = re.compile(r"[,;]")
_WEIGHT = re.compile(r"(?:0|(?=\.\d))(?:\.\d{0,9})?|1(?:\.0{0,9})?", re.ASCII)
Range = tuple[float, int]
"""Weight, and how early it stands."""
_NO: Range = (0.0, 0)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`media_type`: of a whole answer. `in_parts`: what is deferred may come later, as `multipart/mixed`.

    `events`: what has no whole answer may come as `text/event-stream`.
    """

    media_type: str
    in_parts: bool = False
    events: bool = False


def accepted(accept: str | None) -> Accepted:
    """Parts and events are for whoever names them, and parts not for who would rather have a whole.

    Raises NotAcceptableError.
    """
    if accept is None or len(accept) > CACHED_CHARACTERS:
        return _accepted(accept)
    return _accepted_before(accept)


def negotiate(accept: str | None, offered: tuple[str, ...] = (JSON, GRAPHQL)) -> str:
    """The offered type that `accept` prefers; ties go to the one named first there, then to the offer's order.

    Raises NotAcceptableError when none is accepted.
    """
    ranges = _ranges(accept)
    best = max(offered, key=lambda each: _quality(each, ranges))
    if not _quality(best, ranges)[0]:
        raise NotAcceptableError(f"This path answers {', '.join(offered)}.")
    return best


def _accepted(accept: str | None) -> Accepted:
    if accept is None:
        return Accepted(JSON)
    ranges = _ranges(accept)
    named = {name: ranges[name] for name in ranges if name != "*/*"}
    parts, events = _quality(PARTS, named)[0], _quality(EVENT_STREAM, named)[0]
    try:
        whole = negotiate(accept, OFFERED)
    except NotAcceptableError:
        if not parts:
            raise
        return Accepted(PARTS, in_parts=True)
    return Accepted(whole, in_parts=0 < parts >= _quality(whole, ranges)[0], events=events > 0)


_accepted_before = lru_cache(256)(_accepted)


def _ranges(accept: str | None) -> dict[str, Range]:
    """By name, the first of each; what is malformed, or no form of ours, is left out. Of nothing at all, everything."""
    text = _QUOTED.sub(_plain, (accept or "").lower())
    parts = [each for each in text.split(",") if each.strip()]
    found: dict[str, Range] = {}
    for position, part in enumerate(parts or ["*/*"]):
        name, *parameters = (each.strip() for each in part.split(";"))
        given = dict(each.split("=", 1) for each in parameters if "=" in each)
        weight = given.get("q", "1")
        if _WEIGHT.fullmatch(weight) and _is_ours(name, given):
            found.setdefault("*/*" if name == "*" else name, (float(weight), -position))
    return found


def _plain(quoted: re.Match[str]) -> str:
    return _SEPARATORS.sub("", quoted[1] if quoted[2] == '"' else quoted[0])


def _is_ours(name: str, parameters: dict[str, str]) -> bool:
    if name in (PARTS, "multipart/*"):
        spec = parameters.get("incrementalspec")
        return spec == SPEC if spec else not parameters.keys() & {"deferspec", "subscriptionspec"}
    return parameters.get("charset", "utf-8") in ("utf-8", "utf8", "*")


def _quality(offered: str, ranges: dict[str, Range]) -> Range:
    """Of the most specific range that matches."""
    for wanted in (offered, offered.partition("/")[0] + "/*", "*/*"):
        if wanted in ranges:
            return ranges[wanted]
    return _NO
