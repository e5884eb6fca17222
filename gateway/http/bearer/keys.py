"""Keys, each good for one algorithm: a token cannot choose to be checked with the wrong one."""

import hmac
from collections.abc import Mapping
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.settings import GatewaySettings

Key: TypeAlias = RSAPublicKey | Ed25519PublicKey | bytes
"""Bytes are a shared secret."""

PUBLIC = frozenset({"RS256", "EdDSA"})
MIN_RSA, MAX_RSA = 2048, 8192
"""Bits: fewer can be broken, and more take a core for long."""


def verifies(key: Key, signed: bytes, signature: bytes) -> bool:
    try:
        match key:
            case bytes():
                return hmac.compare_digest(hmac.digest(key, signed, "sha256"), signature)
            case RSAPublicKey():
                key.verify(signature, signed, PKCS1v15(), SHA256())
            case _:
                key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def checked_rsa(key: RSAPublicKey) -> RSAPublicKey:
    """Raises ValueError."""
    if not MIN_RSA <= key.key_size <= MAX_RSA:
        raise ValueError(f"holds an RSA key of {key.key_size} bits: it must have {MIN_RSA} to {MAX_RSA}")
    return key


def verification_keys(settings: GatewaySettings) -> Mapping[str, Key]:
    """Those that never change, by algorithm. Raises ValueError for a key file that cannot be used."""
    keys: dict[str, Key] = {}
    if settings.jwt_secret:
        keys["HS256"] = settings.jwt_secret.get_secret_value().encode()
    if settings.jwt_public_key_file:
        try:
            algorithm, key = _public_key(settings.jwt_public_key_file.read_bytes())
        except ValueError as error:
            raise ValueError(f"GATEWAY_JWT_PUBLIC_KEY_FILE {error}") from None
        keys[algorithm] = key
    return keys


def _public_key(pem: bytes) -> tuple[str, Key]:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        key = None  # told below, like a key of another kind
    match key:
        case RSAPublicKey():
            return "RS256", checked_rsa(key)
        case Ed25519PublicKey():
            return "EdDSA", key
    raise ValueError("holds neither an RSA nor an Ed25519 key in PEM")
