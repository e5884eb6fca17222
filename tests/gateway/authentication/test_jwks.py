"""What of a key set is used: keys that verify RS256 or EdDSA, each under one name."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519

from gateway.http.bearer.jwks import IssuedKeys, issued_keys
from tests.support.issuer import base64url, generated, jwk, key_set, number

RSA, RSA2 = generated("RS256"), generated("RS256")
ED, ED2 = generated("EdDSA"), generated("EdDSA")
GOOD = jwk(ED, kid="good")
P256 = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()


def given(*keys: Any) -> IssuedKeys:
    return issued_keys(key_set(*keys))


TAKEN: dict[str, dict[str, Any]] = {
    "the least": {},
    "alg": {"alg": "RS256"},
    "use": {"use": "sig"},
    "key_ops": {"key_ops": ["sign", "verify"]},
    "all, and more": {"alg": "RS256", "use": "sig", "key_ops": ["verify"], "x5t": "abc", "x5c": ["MIIB"], "nbf": 1},
}


@pytest.mark.parametrize("more", TAKEN.values(), ids=TAKEN)
def test_a_key_that_is_taken(more: dict[str, Any]) -> None:
    found = given(jwk(RSA, kid="1", **more))
    assert found == IssuedKeys({("RS256", "1"): RSA.public_key()}, {"RS256": RSA.public_key()})


def weak(bits: int) -> dict[str, Any]:
    return jwk(rsa.generate_private_key(65537, bits), kid="odd")


def changed(**more: Any) -> dict[str, Any]:
    return {**jwk(RSA), "kid": "odd", **more}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in changed().items() if key != name}


SKIPPED: dict[str, Any] = {
    "a text": "key",
    "null": None,
    "empty": {},
    "a secret": {"kty": "oct", "kid": "odd", "k": base64url(b"a-secret-of-the-tests-with-32-characters")},
    "a secret for RS256": {"kty": "oct", "kid": "odd", "alg": "RS256", "k": base64url(bytes(256))},
    "P-256": {"kty": "EC", "kid": "odd", "crv": "P-256", "x": number(P256.x), "y": number(P256.y)},
    "Ed448": {
        "kty": "OKP",
        "kid": "odd",
        "crv": "Ed448",
        "x": base64url(ed448.Ed448PrivateKey.generate().public_key().public_bytes_raw()),
    },
    "X25519": {
        "kty": "OKP",
        "kid": "odd",
        "crv": "X25519",
        "x": base64url(x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()),
    },
    "Ed25519 of 31 bytes": {"kty": "OKP", "kid": "odd", "crv": "Ed25519", "x": base64url(bytes(31))},
    "Ed25519 without x": {"kty": "OKP", "kid": "odd", "crv": "Ed25519"},
    "no kty": without("kty"),
    "kty in lower case": changed(kty="rsa"),
    "no n": without("n"),
    "no e": without("e"),
    "n a number": changed(n=5),
    "n padded": changed(n=changed()["n"] + "=="),
    "n no base64": changed(n="%%%"),
    "1024 bits": weak(1024),
    "2047 bits": changed(n=number(2**2046 + 1)),
    "8193 bits": changed(n=number(2**8192 + 1)),
    "a very long n": changed(n="A" * 30_000),
    "e is 1": changed(e=number(1)),
    "e is 0": changed(e="AA"),
    "e is even": changed(e=number(4)),
    "e is long": changed(e=number(2**255 + 1)),
    "for encryption": changed(use="enc"),
    "use empty": changed(use=""),
    "use a list": changed(use=["sig"]),
    "for signing only": changed(key_ops=["sign"]),
    "for nothing": changed(key_ops=[]),
    "key_ops a text": changed(key_ops="verify"),
    "for RS512": changed(alg="RS512"),
    "for PS256": changed(alg="PS256"),
    "for HS256": changed(alg="HS256"),
    "for none": changed(alg="none"),
    "alg null": changed(alg=None),
    "Ed25519 for RS256": jwk(ED2, kid="odd", alg="RS256"),
    "with its secret": changed(d="AQAB"),
    "with its secret, null": changed(d=None),
    "kid empty": changed(kid=""),
    "kid long": changed(kid="k" * 257),
    "kid a number": changed(kid=1),
    "kid null": changed(kid=None),
}


@pytest.mark.parametrize("odd", SKIPPED.values(), ids=SKIPPED)
def test_a_key_that_is_skipped_and_no_other_with_it(odd: Any) -> None:
    found = given(odd, GOOD)
    assert (dict(found.named), dict(found.alone)) == ({("EdDSA", "good"): ED.public_key()}, {"EdDSA": ED.public_key()})
    [told] = found.skipped
    assert len(told) < 300
    assert not given(odd).usable


def test_a_token_that_names_no_key_has_the_only_one_of_its_algorithm() -> None:
    found = given(jwk(RSA, kid="1"), jwk(RSA2, kid="2"), jwk(ED))
    assert found.find("RS256", None) is None
    assert found.find("EdDSA", None) == ED.public_key()
    assert found.find("RS256", "2") == RSA2.public_key()
    assert found.find("EdDSA", "2") is None, "each key has one algorithm"
    assert found.find("EdDSA", "3") is None
    assert found.find("HS256", None) is None


def test_two_keys_of_one_name_are_none_and_two_kinds_of_key_may_share_it() -> None:
    found = given(jwk(RSA, kid="1"), jwk(RSA2, kid="1"), jwk(ED, kid="1"))
    assert (found.find("RS256", "1"), found.find("RS256", None)) == (None, None)
    assert found.find("EdDSA", "1") == ED.public_key()
