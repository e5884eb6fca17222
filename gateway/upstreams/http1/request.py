"""A request as bytes. Whatever its reader could take for something else is refused."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""Not HEAD, whose answer tells the length of a body that does not come."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "expect", "te", "trailer"}
)
"""They decide where a request ends, and what becomes of its connection."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~,-]*")
_LONGEST_KEPT = 35
"""Characters of a value: ids of requests and of traces are longer, and come once."""
_PATH = re.compile(r"/[!-~]*")


def check(method: str, path: str, headers: Mapping[str, str]) -> None:
    """Raises ValueError."""
    _check_target(method, path)
    for name, value in headers.items():
        _line(name, value)


def _check_target(method: str, path: str) -> None:
    if method not in _METHODS:
        raise ValueError(f"method {method!r}")
    if not _PATH.fullmatch(path) or "?" in path or "#" in path:
        raise ValueError(f"path {path!r}: needs to be absolute, and encoded")


def _line(name: str, value: str) -> str:
    """Raises ValueError, without the value: it may be a secret."""
    return _made_line(name, value) if len(value) > _LONGEST_KEPT else _kept_line(name, value)


@lru_cache(maxsize=4096)  # most of them are said with every request
def _kept_line(name: str, value: str) -> str:
    return _made_line(name, value)


@lru_cache(maxsize=256)
def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name.lower() in _OURS:
        raise ValueError(f"header {name!r}")


def _made_line(name: str, value: str) -> str:
    _check_name(name)
    # A reader strips what surrounds a value, so that two of them would be the same to it.
    if not (value.isascii() and value.isprintable() and value.strip() == value):
        raise ValueError(f"header {name}: only printable ASCII, without spaces around it")
    return f"{name}: {value}\r\n"


def target(path: str, params: Mapping[str, Any] | None) -> str:
    """A parameter is text, a number, a bool, None (which is empty), or a list of these."""
    if not params:
        return path
    pairs = [(name, _text(each)) for name, value in params.items() for each in _each(value)]
    written = "&".join([f"{_quoted(name)}={_quoted(text)}" for name, text in pairs])
    return f"{path}?{written}" if pairs else path


def _quoted(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else quote_plus(text, safe=",")


def _each(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def encoded(
    method: str,
    path: str,
    params: Mapping[str, Any] | None,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    host: str,
) -> bytes:
    """Raises ValueError."""
    _check_target(method, path)
    lines = [f"{method} {target(path, params)} HTTP/1.1\r\nHost: {host}\r\n"]
    lines += [_line(name, value) for name, value in headers.items()]
    if body is not None or method in _WITH_BODY:
        lines.append(f"Content-Length: {len(body or b'')}\r\n")
    lines.append("\r\n")
    head = "".join(lines).encode("ascii")
    return head + body if body else head
