"""A request, and as bytes. Whatever its reader could take for something else is refused."""

import re
from collections.abc import Iterable, Mapping, Sequence
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


def _plain(text: str) -> bool:
    return " " not in text and text.isascii() and text.isprintable()


def _check_value(name: str, value: str) -> None:
    """Raises ValueError, without the value: it may be a secret."""
    # A reader strips what surrounds a value, so that two of them would be the same to it.
    if not (value.isascii() and value.isprintable() and value.strip() == value):
        raise ValueError(f"header {name}: only printable ASCII, without spaces around it")


class Always:
    """Headers of all requests to an upstream, checked and written once. `each`: names of those whose values differ.

    Raises ValueError.
    """

    def __init__(self, headers: Mapping[str, str], each: Sequence[str] = ()) -> None:
        self.headers = dict(headers)
        self.each = tuple(each)
        self._names: set[str] = set()
        self._allowed: set[str] = set()
        self._form = self._lines(headers).replace("%", "%%")
        self._refuse(headers)
        self._form += self._lines(dict.fromkeys(each, "")).replace("%", "%%").replace("\r\n", "%s\r\n")
        self._refuse(each)

    def written(self, values: tuple[str, ...], more: Mapping[str, str]) -> str:
        """With the values of `each`, and with what only this one has. Raises ValueError."""
        if not _plain("".join(values)):
            for name, value in zip(self.each, values, strict=True):
                _check_value(name, value)
        lines = self._form % values
        return lines + self._lines(more) if more else lines

    def _lines(self, headers: Mapping[str, str]) -> str:
        """Raises ValueError."""
        if not _plain("".join(headers.values())):
            for name, value in headers.items():
                _check_value(name, value)
        if not self._allowed.issuperset(headers):
            for name in headers:
                self._check_name(name)
        return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])

    def _refuse(self, names: Iterable[str]) -> None:
        """From now on, as they are said already."""
        self._names.update(name.lower() for name in names)
        self._allowed.clear()

    def _check_name(self, name: str) -> None:
        lowered = name.lower()
        if not _NAME.fullmatch(name) or lowered in _OURS or lowered in self._names:
            raise ValueError(f"header {name!r}")
        if len(self._allowed) < _MOST_NAMES:
            self._allowed.add(name)


NOTHING = Always({})


class Request(Struct, frozen=True, gc=False):
    """`query`: of `query_of`. `more` and `values` are headers of this one only, the latter of `always.each`.

    `again`: it does no harm to be sent twice.
    """

    method: str
    path: str
    query: str = ""
    more: Mapping[str, str] = {}
    body: bytes | None = None
    again: bool = False
    always: Always = NOTHING
    values: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """All, but those that tell where it ends."""
        always = self.always
        return {**always.headers, **dict(zip(always.each, self.values, strict=True)), **self.more}


def check(request: Request) -> None:
    """Raises ValueError."""
    _start(request.method, request.path)
    request.always.written(request.values, request.more)


@lru_cache(maxsize=4096)
def _start(method: str, path: str) -> str:
    """Raises ValueError."""
    if method not in _METHODS:
        raise ValueError(f"method {method!r}")
    if not _PATH.fullmatch(path):
        raise ValueError(f"path {path!r}: needs to be absolute, and encoded")
    return f"{method} {path}"


def query_of(params: Mapping[str, Any]) -> str:
    """With its question mark. A parameter is text, a number, a bool, None (which is empty), or a list of these."""
    pairs = [
        f"{_quoted(name)}={_quoted(_text(each))}"
        for name, value in params.items()
        for each in (value if type(value) in _SEVERAL else (value,))
    ]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _quoted(text: str) -> str:
    return quote_plus(text, safe=",") if text.encode().translate(None, _UNRESERVED) else text


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def encoded(request: Request, *, host: str, prefix: str = "") -> bytes:
    """`prefix`: of its path. Raises ValueError."""
    body = request.body
    length = f"Content-Length: {len(body or b'')}\r\n" if body is not None or request.method in _WITH_BODY else ""
    head = (
        f"{_start(request.method, prefix + request.path)}{request.query} HTTP/1.1\r\n"
        f"Host: {host}\r\n{request.always.written(request.values, request.more)}{length}\r\n"
    ).encode("ascii")
    return head + body if body else head
