"""An identity service as far as the gateway sees one: its keys over real HTTP, and what it signs."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.peer import Line, Peer, answer, peer

Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Sign = Callable[[bytes], bytes]
Part = Mapping[str, Any] | bytes


def claims(**changed: Any) -> dict[str, Any]:
    known = {"sub": "teacher-1", "aud": "huleedu-platform", "iss": "huleedu-identity-service"}
    return {**known, "exp": int(time.time()) + 86_400, **changed}


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(*parts: Part) -> str:
    return ".".join(base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in parts)


def compact(header: Part, payload: Part, sign: Sign) -> str:
    signed = unsigned(header, payload)
    return f"{signed}.{base64url(sign(signed.encode()))}"


def signer(private: Private) -> Sign:
    if isinstance(private, rsa.RSAPrivateKey):
        return lambda signed: private.sign(signed, PKCS1v15(), SHA256())
    return private.sign


def generated(algorithm: str) -> Private:
    return rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ed25519.Ed25519PrivateKey.generate()


def number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(private: Private, **more: Any) -> dict[str, Any]:
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **more}
    return {"kty": "OKP", "crv": "Ed25519", "x": base64url(public.public_bytes_raw()), **more}


def key_set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


@dataclass
class Issuer:
    """`says` is written to each request once `gate` is open; `closing` hangs up behind it.

    `asked` is set by each; `looks` are those so far.
    """

    says: bytes = b""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    looks: int = 0
    server: Peer | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def url(self) -> str:
        assert self.server
        return f"{self.server.url}/.well-known/jwks.json"

    def publish(self, *keys: Any, headers: tuple[str, ...] = ()) -> None:
        self.says = answer(key_set(*keys), "200 OK", *headers)

    async def script(self, line: Line) -> None:
        while True:
            await line.request()
            self.looks += 1
            self.asked.set()
            await self.gate.wait()
            await line.say(self.says)
            if self.closing:
                return


@asynccontextmanager
async def issuer(*keys: Any, secure: ssl.SSLContext | None = None) -> AsyncIterator[Issuer]:
    made = Issuer()
    made.publish(*keys)
    async with peer(made.script, secure=secure) as made.server:
        yield made
