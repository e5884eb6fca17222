"""Which web pages may use the gateway from a browser: those of its own origin, and those that are listed."""

import re
from collections.abc import Iterable

from starlette.types import Scope

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?", re.ASCII)
_OWN_PORT = re.compile(r"http://.*:80|https://.*:443", re.ASCII)


def exact_origin(text: str) -> str:
    """Raises ValueError for what no browser sends as an Origin, and for `*` and `null`, which are nobody's."""
    if not _ORIGIN.fullmatch(text) or _OWN_PORT.fullmatch(text):
        raise ValueError(
            f"{text!r} is no origin as a browser sends it: scheme and host in lower case, "
            "and the port unless it is the scheme's own, without a path"
        )
    return text


class Origins:
    def __init__(self, listed: Iterable[str]) -> None:
        self._listed = frozenset(each.encode() for each in listed)

    def lists(self, origin: bytes) -> bool:
        return origin in self._listed

    def admits(self, origin: bytes, scope: Scope) -> bool:
        """Listed, or of the same host: a proxy that terminates TLS leaves no scheme to compare."""
        host = origin.partition(b"://")[2]
        same = bool(host) and [host] == [value.lower() for name, value in scope["headers"] if name == b"host"]
        return same or self.lists(origin)
