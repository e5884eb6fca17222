"""Bearer tokens of the identity service, verified before anything of the request is parsed."""

import time
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, Key, OctKey, OKPKey, RSAKey
from starlette.requests import HTTPConnection

from gateway.context import Identity
from gateway.settings import GatewaySettings
from kit.errors import AuthenticationError
from kit.ids import is_user_id

MAX_TOKEN = 8192
"""Characters of a token."""
_NEVER = 1e11
"""Seconds of the epoch that no clock will show: a claim may be any number."""
_ORGANISATION = ("org_id", "org", "organization_id")


class Authenticator:
    """Each algorithm has a key of its own, so a token cannot choose to be checked with the wrong one."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.keys = verification_keys(settings)
        self.audience = settings.jwt_audience
        self.issuer = settings.jwt_issuer

    def identify(self, connection: HTTPConnection) -> Identity:
        """Raises AuthenticationError."""
        return self.identified(connection.headers.get("authorization", ""))

    def identified(self, authorization: str) -> Identity:
        """By what an Authorization header says. Raises AuthenticationError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise refused("A bearer token is required.", 'Bearer realm="teacher-graph"')
        return self._identity(self._claims(token.strip()))

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN:
            raise invalid_token(f"The token has more than {MAX_TOKEN} characters.")
        try:
            decoded = jwt.decode(token, self._key, algorithms=list(self.keys))
        except (JoseError, LookupError, ValueError, TypeError, RecursionError):
            raise invalid_token("The token is not valid.") from None
        if "refresh" in {decoded.header.get("typ"), decoded.claims.get("typ")}:
            raise invalid_token("A refresh token is no access token.")
        self._check(decoded.claims)
        return decoded.claims

    def _key(self, token: GuestProtocol) -> Key:
        return self.keys[token.headers()["alg"]]

    def _check(self, claims: Mapping[str, Any]) -> None:
        now, audience = time.time(), claims.get("aud")
        if not _is_number(claims.get("exp")):
            raise invalid_token("The token has no expiry.")
        if claims["exp"] <= now:
            raise invalid_token("The token has expired.")
        if "nbf" in claims and not (_is_number(claims["nbf"]) and claims["nbf"] <= now):
            raise invalid_token("The token is not valid yet.")
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise invalid_token("The token is for another audience.")
        if claims.get("iss") != self.issuer:
            raise invalid_token("The token is of another issuer.")

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        user_id, roles = claims.get("sub"), claims.get("roles", ["teacher"])
        if not isinstance(user_id, str) or not is_user_id(user_id):
            raise invalid_token("The token names no user.")
        if not isinstance(roles, list) or not all(isinstance(each, str) for each in roles):
            raise invalid_token("The token's roles are no list of texts.")
        organisations = (claims[name] for name in _ORGANISATION if isinstance(claims.get(name), str))
        return Identity(user_id, next(organisations, None), tuple(roles), min(_NEVER, claims["exp"]))


def verification_keys(settings: GatewaySettings) -> dict[str, Key]:
    """Key by algorithm. Raises ValueError for a key file that holds neither an RSA nor an Ed25519 key."""
    keys: dict[str, Key] = {}
    if settings.jwt_secret:
        keys["HS256"] = OctKey.import_key(settings.jwt_secret.get_secret_value())
    if settings.jwt_public_key_file:
        algorithm, key = _public_key(settings.jwt_public_key_file.read_bytes())
        keys[algorithm] = key
    return keys


def _public_key(pem: bytes) -> tuple[str, Key]:
    try:
        match load_pem_public_key(pem):
            case RSAPublicKey() as rsa:
                return "RS256", RSAKey.import_key(rsa)
            case Ed25519PublicKey() as ed25519:
                return "EdDSA", OKPKey.import_key(ed25519)
    except (ValueError, UnsupportedAlgorithm):
        pass  # told below, like a key of another kind
    raise ValueError("GATEWAY_JWT_PUBLIC_KEY_FILE holds neither an RSA nor an Ed25519 key in PEM")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def invalid_token(message: str) -> AuthenticationError:
    return refused(message, 'Bearer realm="teacher-graph", error="invalid_token"')


def refused(message: str, challenge: str) -> AuthenticationError:
    return AuthenticationError(message, headers={"WWW-Authenticate": challenge})
