"""Every way for a gateway to know its issuer's key, with what the issuer and an attacker have."""

import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from gateway.settings import GatewaySettings
from tests.support.apps import KEY
from tests.support.issuer import Part, Private, Sign, claims, compact, generated, issuer, jwk, signer

SECRET = "a-secret-of-the-tests-with-32-characters"
NAMES = ("HS256 secret", "RS256 file", "EdDSA file", "RS256 set", "EdDSA set")


@dataclass(frozen=True)
class Source:
    algorithm: str
    kid: str | None
    sign: Sign
    private: Private | None
    """None for a shared secret."""

    def header(self, **more: Any) -> dict[str, Any]:
        named = {} if self.kid is None else {"kid": self.kid}
        return {"alg": self.algorithm, "typ": "JWT", **named, **more}

    def token(self, payload: Part | None = None, header: Part | None = None) -> str:
        """As the issuer signs it, whatever it is."""
        given = claims() if payload is None else payload
        return compact(self.header() if header is None else header, given, self.sign)

    def public(self, encoding: Encoding = Encoding.PEM) -> bytes:
        assert self.private
        return self.private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


@cache
def source(name: str) -> Source:
    algorithm, _, kind = name.partition(" ")
    if kind == "secret":
        return Source(algorithm, None, lambda signed: hmac.digest(SECRET.encode(), signed, "sha256"), None)
    private = generated(algorithm)
    return Source(algorithm, "key-1" if kind == "set" else None, signer(private), private)


@asynccontextmanager
async def settings_of(name: str, folder: Path) -> AsyncIterator[GatewaySettings]:
    """A secret and an issuer without TLS are for development; a key file is tried as in production."""
    common: dict[str, Any] = {"internal_api_key": SecretStr(KEY)}
    mine, kind = source(name), name.partition(" ")[2]
    async with AsyncExitStack() as stack:
        if mine.private is None:
            yield GatewaySettings(environment="development", jwt_secret=SecretStr(SECRET), **common)
        elif kind == "file":
            pem = folder / f"{mine.algorithm}.pem"
            pem.write_bytes(mine.public())
            yield GatewaySettings(environment="production", jwt_public_key_file=pem, **common)
        else:
            made = await stack.enter_async_context(issuer(jwk(mine.private, kid="key-1"), jwk(generated("EdDSA"))))
            yield GatewaySettings(environment="development", jwt_jwks_url=made.url, **common)
