"""A request, and as bytes. Whatever its reader could take for something else is refused."""

import re
from collections.abc import Mapping
from functools import lru_cache
from string import ascii_letters, digits
from typing import Any
from urllib.parse import quote_plus

from msgspec import Struct

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Not HEAD, whose answer tells the length of a body that does not come."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "expect", "te", "trailer"}
)
"""They decide where a request ends, and what becomes of its connection."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNRESERVED = f"{ascii_letters}{digits}_.~,-".encode()
_SEVERAL = frozenset({list, tuple})
_MOST_NAMES = 100
_PATH = re.compile(r'/[!"$->@-~]*')
"""Neither # nor ? in it."""


class Always:
    """Headers of all requests to an upstream, checked and written once. Raises ValueError."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self._names: set[str] = set()
        self._allowed: set[str] = set()
        self.lines = self.written(headers)
        self._names = {name.lower() for name in headers}
        self._allowed.clear()

    def written(self, headers: Mapping[str, str]) -> str:
        """What comes beside them. Raises ValueError."""
        values = "".join(headers.values())
        if " " in values or not (values.isascii() and values.isprintable()):
            for name, value in headers.items():
                _check_value(name, value)
        if not self._allowed.issuperset(headers):
            for name in headers:
                self._check_name(name)
        return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])

    def _check_name(self, name: str) -> None:
        lowered = name.lower()
        if not _NAME.fullmatch(name) or lowered in _OURS or lowered in self._names:
            raise ValueError(f"header {name!r}")
        if len(self._allowed) < _MOST_NAMES:
            self._allowed.add(name)


NOTHING = Always({})


class Request(Struct, frozen=True):
    """`query`: of `query_of`. `headers` are of this one only. `again`: it does no harm to be sent twice."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    again: bool = False
    always: Always = NOTHING


def check(request: Request) -> None:
    """Raises ValueError."""
    _start(request.method, request.path)
    request.always.written(request.headers)


@lru_cache(maxsize=4096)
def _start(method: str, path: str) -> str:
    """Raises ValueError."""
    if method not in _METHODS:
        raise ValueError(f"method {method!r}")
    if not _PATH.fullmatch(path):
        raise ValueError(f"path {path!r}: needs to be absolute, and encoded")
    return f"{method} {path}"


def _check_value(name: str, value: str) -> None:
    """Raises ValueError, without the value: it may be a secret."""
    # A reader strips what surrounds a value, so that two of them would be the same to it.
    if not (value.isascii() and value.isprintable() and value.strip() == value):
        raise ValueError(f"header {name}: only printable ASCII, without spaces around it")


def query_of(params: Mapping[str, Any]) -> str:
    """With its question mark. A parameter is text, a number, a bool, None (which is empty), or a list of these."""
    values = params.values()
    # A parameter alone is a list of ids most times, which comes once.
    once = len(params) == 1 or not _SEVERAL.isdisjoint(map(type, values))
    return _made_query(*params, *values) if once else _kept_query(*params, *values)


@lru_cache(maxsize=1024, typed=True)
def _kept_query(*both: Any) -> str:
    return _made_query(*both)


def _made_query(*both: Any) -> str:
    """Of as many names, and their values after them all."""
    half, pairs = len(both) // 2, []
    for name, value in zip(both[:half], both[half:], strict=True):
        texts = map(_text, value if type(value) in _SEVERAL else (value,))
        pairs += [f"{_quoted(name)}={_quoted(each)}" for each in texts]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _quoted(text: str) -> str:
    return quote_plus(text, safe=",") if text.encode().translate(None, _UNRESERVED) else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def encoded(request: Request, *, host: str, prefix: str = "") -> bytes:
    """`prefix`: of its path. Raises ValueError."""
    body = request.body
    length = f"Content-Length: {len(body or b'')}\r\n" if body is not None or request.method in _WITH_BODY else ""
    head = (
        f"{_start(request.method, prefix + request.path)}{request.query} HTTP/1.1\r\n"
        f"Host: {host}\r\n{request.always.lines}{request.always.written(request.headers)}{length}\r\n"
    ).encode("ascii")
    return head + body if body else head
