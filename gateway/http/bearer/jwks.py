"""A JSON Web Key Set (RFC 7517): of what an issuer publishes, the keys that can verify a token."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.http.bearer.compact import MAX_KID
from gateway.http.bearer.keys import Key, checked_rsa
from gateway.http.bearer.strict import from_base64url

MAX_KEYS = 100


class Document(Struct):
    keys: list[Any]


class Jwk(Struct):
    kty: str
    kid: Annotated[str, Meta(min_length=1, max_length=MAX_KID)] | UnsetType = UNSET
    alg: str | UnsetType = UNSET
    use: str = "sig"
    key_ops: tuple[str, ...] = ("verify",)
    crv: str = ""
    n: str = ""
    e: Annotated[str, Meta(max_length=16)] = ""
    x: str = ""
    d: Any = UNSET


class Issued(NamedTuple):
    algorithm: str
    kid: str | None
    key: Key


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """By algorithm and name, and those that are the only one of their algorithm; `skipped` says of the others why."""

    named: Mapping[tuple[str, str], Key]
    alone: Mapping[str, Key]
    skipped: tuple[str, ...] = ()

    def find(self, algorithm: str, kid: str | None) -> Key | None:
        """For a token that names no key, the only one there is of its algorithm."""
        return self.alone.get(algorithm) if kid is None else self.named.get((algorithm, kid))

    @property
    def usable(self) -> bool:
        return bool(self.named or self.alone)


def issued_keys(document: bytes) -> IssuedKeys:
    """Raises ValueError or RecursionError for what is no key set. A key that we cannot use is skipped."""
    entries = msgspec.json.decode(document, type=Document).keys
    if len(entries) > MAX_KEYS:
        raise ValueError(f"more than {MAX_KEYS} keys")
    found, skipped = [], []
    for entry in entries:
        try:
            found.append(_issued(entry))
        except ValueError as error:
            skipped.append(str(error))
    named = _named(found)
    return IssuedKeys(named, _alone(found), tuple(skipped))


def _named(found: Iterable[Issued]) -> dict[tuple[str, str], Key]:
    """Of two keys with the same name neither: which one is meant cannot be known."""
    many = Counter((each.algorithm, each.kid) for each in found)
    return {
        (each.algorithm, each.kid): each.key
        for each in found
        if each.kid is not None and many[each.algorithm, each.kid] == 1
    }


def _alone(found: Iterable[Issued]) -> dict[str, Key]:
    many = Counter(each.algorithm for each in found)
    return {each.algorithm: each.key for each in found if many[each.algorithm] == 1}


def _issued(entry: Any) -> Issued:
    """Raises ValueError."""
    jwk = msgspec.convert(entry, Jwk)
    kid = None if jwk.kid is UNSET else jwk.kid
    if jwk.use != "sig" or "verify" not in jwk.key_ops:
        raise ValueError(f"{kid}: not for verifying")
    if jwk.d is not UNSET:  # whoever reads the set could sign with it
        raise ValueError(f"{kid}: not secret")
    algorithm, key = _key(jwk)
    if jwk.alg not in (UNSET, algorithm):
        raise ValueError(f"{kid}: for another algorithm")
    return Issued(algorithm, kid, key)


def _key(jwk: Jwk) -> tuple[str, Key]:
    if jwk.kty == "RSA":
        numbers = RSAPublicNumbers(_number(jwk.e), _number(jwk.n))
        return "RS256", checked_rsa(numbers.public_key())
    if jwk.kty == "OKP" and jwk.crv == "Ed25519":
        return "EdDSA", Ed25519PublicKey.from_public_bytes(from_base64url(jwk.x))
    raise ValueError(f"{jwk.kid}: of another kind")


def _number(text: str) -> int:
    return int.from_bytes(from_base64url(text), "big")
