"""Tokens that one reader takes for one thing and another reader for another, or that are hard to read."""

import base64
import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gateway.authentication.attacks_on_keys import Attack
from tests.gateway.authentication.sources import Source
from tests.support.issuer import base64url, claims

# The order of Ed25519's base point.
ORDER = 2**252 + 27742317777372353535851937790883648493
DEEP = 2500
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def raw(payload: bytes) -> Attack:
    """With the true signature of a payload that is none."""
    return lambda mine: mine.token(payload)


def beside(text: str) -> Attack:
    """Claims with more of them, as text."""
    return lambda mine: mine.token(json.dumps(claims())[:-1].encode() + b", " + text.encode() + b"}")


def headed(change: Callable[[str], bytes]) -> Attack:
    return lambda mine: mine.token(header=change(json.dumps(mine.header())))


def parts(change: Callable[[list[str]], str]) -> Attack:
    return lambda mine: change(mine.token().split("."))


def signature(change: Callable[[bytes], bytes]) -> Attack:
    def made(mine: Source) -> str:
        header, payload, signed = mine.token().split(".")
        return f"{header}.{payload}.{base64url(change(base64.urlsafe_b64decode(signed + '==')))}"

    return made


def respelt(part: int, change: Callable[[str], str]) -> Attack:
    """One part written otherwise, for many a decoder the same, and the signature one of what is written."""

    def made(mine: Source) -> str:
        texts = spare_bits(mine, part)
        texts[part] = change(texts[part])
        if part < 2:
            texts[2] = base64url(mine.sign(".".join(texts[:2]).encode()))
        return ".".join(texts)

    return made


def spare_bits(mine: Source, part: int) -> list[str]:
    """A token's parts, of which one has a last character with bits that mean nothing."""
    pads = ("x" * size for size in range(4))
    tokens = (mine.token(claims(pad=pad), mine.header(pad=pad)).split(".") for pad in pads)
    return next(texts for texts in tokens if len(texts[part]) % 4)


def loose(text: str) -> str:
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + 1]


def padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def flattened(mine: Source) -> str:
    protected, payload, signed = mine.token().split(".")
    return json.dumps({"protected": protected, "payload": payload, "signature": signed})


def general(mine: Source) -> str:
    protected, payload, signed = mine.token().split(".")
    return json.dumps({"payload": payload, "signatures": [{"protected": protected, "signature": signed}]})


def with_modulus(mine: Source) -> str:
    """The number of the signature plus the modulus: the same to who only calculates."""
    assert isinstance(mine.private, rsa.RSAPrivateKey)
    modulus = mine.private.public_key().public_numbers().n
    for number in count():
        header, payload, signed = mine.token(claims(jti=number)).split(".")
        higher = int.from_bytes(base64.urlsafe_b64decode(signed + "=="), "big") + modulus
        if higher < 2**2048:
            return f"{header}.{payload}.{base64url(higher.to_bytes(256, 'big'))}"
    raise AssertionError


def with_order(signed: bytes) -> bytes:
    return signed[:32] + (int.from_bytes(signed[32:], "little") + ORDER).to_bytes(32, "little")


def nested(text: str) -> str:
    return text * DEEP


def odd(value: Any) -> bytes:
    return json.dumps(value).encode()


ON_ANY: Mapping[str, Attack] = {
    "garbage": lambda _: "garbage",
    "dots": lambda _: "..",
    "two parts": parts(lambda texts: ".".join(texts[:2])),
    "no signature": parts(lambda texts: ".".join([*texts[:2], ""])),
    "no payload": parts(lambda texts: f"{texts[0]}..{texts[2]}"),
    "no header": parts(lambda texts: f".{texts[1]}.{texts[2]}"),
    "four parts": parts(lambda texts: ".".join([*texts, texts[0]])),
    "five parts, encrypted": parts(lambda texts: ".".join([*texts, texts[0], texts[1]])),
    "a dot behind": parts(lambda texts: ".".join(texts) + "."),
    "a dot before": parts(lambda texts: "." + ".".join(texts)),
    "flattened JSON": flattened,
    "general JSON": general,
    "a space inside": parts(". ".join),
    "a space behind": parts(lambda texts: ".".join(texts) + " x"),
    "a tab inside": parts(".\t".join),
    "quoted": parts(lambda texts: f'"{".".join(texts)}"'),
    "percent-encoded": parts("%2E".join),
    "two tokens": parts(lambda texts: f"{'.'.join(texts)},{'.'.join(texts)}"),
    "the scheme twice": parts(lambda texts: f"Bearer {'.'.join(texts)}"),
    "not ASCII": parts(lambda texts: ".".join(texts) + "é"),
    "padding of the header": respelt(0, padded),
    "padding of the payload": respelt(1, padded),
    "padding of the signature": respelt(2, padded),
    "base64 not for URLs": lambda mine: mine.token(claims(x="~~~???>>>")).replace("_", "/").replace("-", "+"),
    "unused bits of the header": respelt(0, loose),
    "unused bits of the payload": respelt(1, loose),
    "unused bits of the signature": respelt(2, loose),
    "too long": lambda mine: mine.token(claims(more="x" * 9000)),
    "signature cut": signature(lambda signed: signed[:-1]),
    "signature longer": signature(lambda signed: signed + b"\0"),
    "signature behind zero": signature(lambda signed: b"\0" + signed),
    "signature of zeros": signature(lambda signed: bytes(len(signed))),
    "signature with a bit changed": signature(lambda signed: bytes([signed[0] ^ 1]) + signed[1:]),
    "signature of another token": lambda mine: ".".join(
        [*mine.token(claims(sub="admin")).split(".")[:2], mine.token().split(".")[2]]
    ),
    "header no JSON": headed(lambda text: text[1:].encode()),
    "header a list": lambda mine: mine.token(header=odd([mine.header()])),
    "header a text": lambda mine: mine.token(header=odd("JWT")),
    "header null": lambda mine: mine.token(header=b"null"),
    "header not UTF-8": headed(lambda text: text.replace("JWT", "\xff").encode("latin-1")),
    "header in UTF-16": headed(lambda text: text.encode("utf-16")),
    "header with a byte order mark": headed(lambda text: text.encode("utf-8-sig")),
    "header with more behind": headed(lambda text: text.encode() + b"{}"),
    "header with alg twice": headed(lambda text: text.replace("{", '{"alg": "none", ', 1).encode()),
    "header with kid twice": headed(lambda text: text.replace("{", '{"kid": "a", "kid": "b", ', 1).encode()),
    "header deep": headed(lambda text: text.replace("{", f'{{"x": {nested("[")}{nested("]")}, ', 1).encode()),
    "header with NaN": headed(lambda text: text.replace("{", '{"x": NaN, ', 1).encode()),
    "payload empty": raw(b""),
    "payload no JSON": raw(b"{"),
    "payload a list": lambda mine: mine.token(odd([claims()])),
    "payload a text": raw(b'"teacher-1"'),
    "payload a number": raw(b"1e400"),
    "payload null": raw(b"null"),
    "payload a token": lambda mine: mine.token(mine.token().encode()),
    "payload not UTF-8": raw(b'{"sub": "\xff"}'),
    "payload in UTF-16": lambda mine: mine.token(json.dumps(claims()).encode("utf-16")),
    "payload with a byte order mark": lambda mine: mine.token(json.dumps(claims()).encode("utf-8-sig")),
    "payload with sub twice": beside('"sub": "admin"'),
    "payload with exp twice": beside('"exp": 99999999999'),
    "payload with a key twice, escaped": beside('"s\\u0075b": "admin"'),
    "payload with a key twice, deep inside": beside('"x": [{"y": {"z": 1, "z": 2}}]'),
    "payload deep in lists": beside(f'"x": {nested("[")}{nested("]")}'),
    "payload deep in objects": lambda mine: mine.token(nested('{"":')[:5000].encode()),
    "payload with NaN": beside('"x": NaN'),
    "payload with Infinity": beside('"x": -Infinity'),
    "payload with a number of 5000 digits": beside(f'"x": {"9" * 5000}'),
    "payload with a comment": beside('"x": 1 /* y */'),
    "payload with a comma behind": lambda mine: mine.token(json.dumps(claims())[:-1].encode() + b",}"),
    "payload with a raw newline in a text": beside('"x": "\n"'),
}

ON_RSA: Mapping[str, Attack] = {
    "signature plus the modulus": with_modulus,
}

ON_ED25519: Mapping[str, Attack] = {
    "signature plus the order": signature(with_order),
    "signature of the identity": signature(lambda _: bytes([1]) + bytes(63)),
}
