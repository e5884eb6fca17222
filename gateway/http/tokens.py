"""Tokens for development, signed as the identity service would sign them."""

import time
from collections.abc import Sequence

from joserfc import jwt
from joserfc.jwk import OctKey

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
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(settings.jwt_secret.get_secret_value()))
