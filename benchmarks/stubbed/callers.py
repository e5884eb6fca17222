"""The teachers and their tokens: the gateway's as in production, HS256 for its peers, which costs them least."""

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from benchmarks.stubbed.answers import TEACHERS, teacher

_LIFETIME_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Callers:
    """`secret` is what the peers verify with, `signing` what the gateway's tokens are signed with."""

    secret: str
    teachers: list[str] = field(default_factory=lambda: [teacher(number) for number in range(TEACHERS)])
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @cached_property
    def of_gateway(self) -> dict[str, str]:
        """By teacher."""
        return self._signed("EdDSA", OKPKey.import_key(self.signing))

    @cached_property
    def of_peers(self) -> dict[str, str]:
        """By teacher."""
        return self._signed("HS256", OctKey.import_key(self.secret))

    def _signed(self, algorithm: str, key: OctKey | OKPKey) -> dict[str, str]:
        now = int(time.time())
        rest = {"aud": "huleedu-platform", "iss": "huleedu-identity-service", "iat": now, "roles": ["teacher"]}
        return {
            each: jwt.encode(
                {"alg": algorithm, "typ": "JWT"},
                {"sub": each, "exp": now + _LIFETIME_SECONDS, **rest},
                key,
                algorithms=[algorithm],
            )
            for each in self.teachers
        }

    def write_public_key(self, file: Path) -> None:
        file.write_bytes(self.signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
