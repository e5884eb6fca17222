"""A request's header fields, looked up by name where many layers each want one or two of them."""

from starlette.types import Scope

_FIELDS = "header_fields"


def fields(scope: Scope) -> dict[bytes, bytes]:
    """By name in lower case, the first of each; made once for a request."""
    known: dict[bytes, bytes] | None = scope.get(_FIELDS)
    if known is None:
        known = scope[_FIELDS] = dict(reversed(scope["headers"]))
    return known


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def every(scope: Scope, name: bytes) -> list[str]:
    """As many as were sent."""
    known: dict[bytes, bytes] = scope.get(_FIELDS) or fields(scope)
    value = known.get(name)
    if value is None:
        return []
    if len(known) == len(scope["headers"]):  # nothing was sent twice
        return [value.decode("latin-1")]
    return [value.decode("latin-1") for each, value in scope["headers"] if each == name]
