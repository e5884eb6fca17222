"""Tokens that choose their key, or how they are checked with it."""

import hmac
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding

from tests.gateway.authentication.sources import Source
from tests.support.issuer import Sign, base64url, claims, compact, generated, jwk, key_set, signer, unsigned

Attack = Callable[[Source], str]
FOREIGN = generated("RS256")
FOREIGN_ED25519 = generated("EdDSA")
ELSEWHERE = "https://attacker.test/keys"


def foreign(mine: Source, **header: Any) -> str:
    """By a key of the attacker's, of the right kind."""
    if mine.private is None:
        return compact(mine.header(**header), claims(), keyed(b"a-secret-of-the-attackers-with-32-chars"))
    own = FOREIGN if mine.algorithm == "RS256" else FOREIGN_ED25519
    return compact(mine.header(**header), claims(), signer(own))


def keyed(secret: bytes, digest: str = "sha256") -> Sign:
    return lambda signed: hmac.digest(secret, signed, digest)


def confused(mine: Source, secret: bytes) -> str:
    """HS256 with what everybody knows as its secret."""
    return compact(mine.header(alg="HS256"), claims(), keyed(secret))


def bare(mine: Source, algorithm: Any, signature: bytes = b"") -> str:
    return f"{unsigned(mine.header(alg=algorithm), claims())}.{base64url(signature)}"


def ours(**header: Any) -> Attack:
    """With the true signature, so that only the header is wrong."""
    return lambda mine: mine.token(header=mine.header(**header))


def without(name: str) -> Attack:
    return lambda mine: mine.token(header={key: value for key, value in mine.header().items() if key != name})


def rsa_signed(algorithm: str, padding: Any, digest: Any) -> Attack:
    def made(mine: Source) -> str:
        private = mine.private
        assert isinstance(private, rsa.RSAPrivateKey)
        return compact(mine.header(alg=algorithm), claims(), lambda signed: private.sign(signed, padding, digest))

    return made


def elliptic(mine: Source) -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    return compact(mine.header(alg="ES256"), claims(), lambda signed: private.sign(signed, ec.ECDSA(SHA256())))


def unencoded(mine: Source) -> str:
    """RFC 7797: the payload as it is."""
    header = base64url(json.dumps(mine.header(b64=False, crit=["b64"])).encode())
    payload = "teacher-1"
    return f"{header}.{payload}.{base64url(mine.sign(f'{header}.{payload}'.encode()))}"


def zipped(mine: Source) -> str:
    return mine.token(zlib.compress(json.dumps(claims()).encode())[2:-4], mine.header(zip="DEF"))


def embedded(mine: Source) -> dict[str, Any]:
    return jwk(FOREIGN if mine.algorithm == "RS256" else FOREIGN_ED25519)


ON_ANY: Mapping[str, Attack] = {
    "alg none": lambda mine: bare(mine, "none"),
    "alg None": lambda mine: bare(mine, "None"),
    "alg NONE": lambda mine: bare(mine, "NONE"),
    "alg nOnE": lambda mine: bare(mine, "nOnE"),
    "alg none, signed": lambda mine: mine.token(header=mine.header(alg="none")),
    "alg none with some signature": lambda mine: bare(mine, "none", b"signature"),
    "no alg": without("alg"),
    "alg null": ours(alg=None),
    "alg a number": ours(alg=0),
    "alg a list": lambda mine: mine.token(header=mine.header(alg=[mine.algorithm])),
    "alg empty": ours(alg=""),
    "alg in lower case": lambda mine: mine.token(header=mine.header(alg=mine.algorithm.lower())),
    "alg with a space": lambda mine: mine.token(header=mine.header(alg=f"{mine.algorithm} ")),
    "alg unknown": ours(alg="RS257"),
    "alg HS384": lambda mine: compact(mine.header(alg="HS384"), claims(), keyed(b"", "sha384")),
    "alg ES256": elliptic,
    "alg of an encryption": ours(alg="dir", enc="A128GCM"),
    "an empty secret": lambda mine: confused(mine, b""),
    "a secret of zeros": lambda mine: confused(mine, bytes(32)),
    "a key of the attacker's": foreign,
    "kid is a path": lambda mine: compact(mine.header(alg="HS256", kid="../../../dev/null"), claims(), keyed(b"")),
    "kid is SQL": lambda mine: compact(mine.header(alg="HS256", kid="' UNION SELECT ''-- "), claims(), keyed(b"")),
    "kid is a command": lambda mine: foreign(mine, kid="key-1|/usr/bin/id"),
    "kid is an address": lambda mine: foreign(mine, kid=ELSEWHERE),
    "kid with NUL": lambda mine: foreign(mine, kid="key-1\0"),
    "kid too long": ours(kid="k" * 257),
    "kid very long": ours(kid="k" * 5000),
    "kid empty": ours(kid=""),
    "kid null": ours(kid=None),
    "kid a number": ours(kid=1),
    "kid true": ours(kid=True),
    "kid a list": ours(kid=["key-1"]),
    "kid an object": ours(kid={"$ne": ""}),
    "jku of the attacker's": lambda mine: foreign(mine, jku=ELSEWHERE),
    "jku, though ours": ours(jku=ELSEWHERE),
    "x5u of the attacker's": lambda mine: foreign(mine, x5u=ELSEWHERE),
    "x5u, though ours": ours(x5u=ELSEWHERE),
    "x5c of the attacker's": lambda mine: foreign(mine, x5c=["MIIB"]),
    "x5c, though ours": ours(x5c=["MIIB"]),
    "jwk of the attacker's": lambda mine: foreign(mine, jwk=embedded(mine)),
    "jwk, though ours": lambda mine: mine.token(header=mine.header(jwk=embedded(mine))),
    "a key set in the header": lambda mine: foreign(mine, jwk=json.loads(key_set(embedded(mine)))),
    "crit": ours(crit=["exp"], exp=1),
    "crit empty": ours(crit=[]),
    "crit unknown": ours(crit=["https://attacker.test"]),
    "b64 false": unencoded,
    "b64 false without crit": ours(b64=False),
    "b64 true": ours(b64=True),
    "zip": zipped,
    "zip, in name only": ours(zip="DEF"),
    "enc, in name only": ours(enc="A256GCM"),
    "typ refresh": ours(typ="refresh"),
    "typ Refresh": ours(typ="Refresh"),
    "typ rt+jwt": ours(typ="rt+jwt"),
    "typ of a logout token": ours(typ="logout+jwt"),
    "typ of a proof": ours(typ="dpop+jwt"),
    "typ null": ours(typ=None),
    "typ a number": ours(typ=5),
    "typ a list": ours(typ=["JWT"]),
}

ON_PUBLIC_KEYS: Mapping[str, Attack] = {
    "HS256 with the PEM": lambda mine: confused(mine, mine.public()),
    "HS256 with the PEM, no newline": lambda mine: confused(mine, mine.public().rstrip()),
    "HS256 with the DER": lambda mine: confused(mine, mine.public(Encoding.DER)),
    "HS256 with the JWK": lambda mine: confused(mine, json.dumps(jwk(mine.private)).encode() if mine.private else b""),
    "HS256 with a development secret": lambda mine: confused(mine, b"a-secret-of-the-tests-with-32-characters"),
}

ON_RSA: Mapping[str, Attack] = {
    "RS512": rsa_signed("RS512", PKCS1v15(), SHA512()),
    "PS256": rsa_signed("PS256", PSS(MGF1(SHA256()), 32), SHA256()),
    "RS256 with SHA-512": rsa_signed("RS256", PKCS1v15(), SHA512()),
    "RS256 with PSS": rsa_signed("RS256", PSS(MGF1(SHA256()), 32), SHA256()),
    "said to be EdDSA": ours(alg="EdDSA"),
}

ON_ED25519: Mapping[str, Attack] = {
    "said to be RS256": ours(alg="RS256"),
    "said to be Ed448": ours(alg="Ed448"),
}
