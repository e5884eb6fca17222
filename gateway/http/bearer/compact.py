"""A token's three parts (RFC 7515, compact), as far as they can be judged without a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.http.bearer.strict import from_base64url, json_object

MAX_KID = 256
"""Characters of a key's name."""
_ACCESS = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt", "access", "access_token", "bearer"})
"""What a token may call itself, where it does. Refresh and identity tokens of the same issuer call themselves else."""
_REFUSED = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
"""They would choose the key, or change what is signed; our issuer sends none."""


@dataclass(frozen=True, slots=True)
class Compact:
    """`signed` are the bytes that `signature` is of; `payload` is not to be read before that is verified."""

    algorithm: str
    kid: str | None
    signed: bytes
    payload: bytes
    signature: bytes


def parsed(token: str) -> Compact:
    """Raises ValueError or RecursionError."""
    header, payload, signature = token.split(".")
    algorithm, kid = _checked(json_object(from_base64url(header)))
    signed = f"{header}.{payload}".encode()
    return Compact(algorithm, kid, signed, from_base64url(payload), from_base64url(signature))


def _checked(header: Mapping[str, Any]) -> tuple[str, str | None]:
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or not _REFUSED.isdisjoint(header) or not is_access(header):
        raise ValueError("header")
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KID):
        raise ValueError("kid")
    return algorithm, kid


def is_access(said: Mapping[str, Any], *names: str) -> bool:
    """Whether a header, or by further names the claims, call the token what we take."""
    return all(_is_access(said[name]) for name in ("typ", *names) if name in said)


def _is_access(value: Any) -> bool:
    return isinstance(value, str) and value.lower() in _ACCESS
