"""Tokens for development, signed as the identity service would sign them."""

import base64
import hmac
import time
from collections.abc import Sequence

import msgspec

from gateway.settings import GatewaySettings

LIFETIME_SECONDS = 12 * 3600


def development_token(
    settings: GatewaySettings, user_id: str, lifetime: int = LIFETIME_SECONDS, roles: Sequence[str] = ("teacher",)
) -> str:
    """Raises ValueError where HS256 tokens are not accepted."""
    if settings.jwt_secret is None:
        raise ValueError("development tokens need GATEWAY_JWT_SECRET")
    now = int(time.time())
    claims = {
        "sub": user_id,
        "aud": settings.jwt_audience,
        "iss": settings.jwt_issuer,
        "iat": now,
        "exp": now + lifetime,
        "roles": list(roles),
    }
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.digest(settings.jwt_secret.get_secret_value().encode(), signed.encode(), "sha256")
    return f"{signed}.{_base64url(signature)}"


def _part(value: object) -> str:
    return _base64url(msgspec.json.encode(value))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
