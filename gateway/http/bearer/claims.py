"""What a token claims, once it is known to be the issuer's."""

import time
from collections.abc import Mapping
from typing import Any, TypeGuard

from gateway.context import Identity
from gateway.http.bearer.compact import is_access
from gateway.http.bearer.refusals import invalid_token
from kit.ids import is_user_id

_NEVER = 1e11
"""Seconds of the epoch that no clock will show: a claim may be any number."""
_LONGEST = 255
"""Characters of an organisation or a role."""
_ORGANISATION = ("org_id", "org", "organization_id")


class Claims:
    """`leeway`: seconds that the issuer's clock may be ahead of ours. Expiry has none, it would only come late."""

    def __init__(self, audience: str, issuer: str, leeway: float) -> None:
        self._audience = audience
        self._issuer = issuer
        self._leeway = leeway

    def identity(self, claims: Mapping[str, Any]) -> Identity:
        """Raises AuthenticationError."""
        if not is_access(claims, "token_use", "token_type"):
            raise invalid_token("A refresh token, or any but an access token, is not taken.")
        if "cnf" in claims:
            raise invalid_token("The token is bound to its holder's key, of which a bearer shows nothing.")
        self._check_source(claims)
        expires_at = self._checked_expiry(claims)
        user_id = claims.get("sub")
        if not isinstance(user_id, str) or not is_user_id(user_id):
            raise invalid_token("The token names no user.")
        return Identity(user_id, _organisation(claims), _roles(claims), expires_at)

    def _check_source(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._audience not in audiences or not all(isinstance(each, str) for each in audiences):
            raise invalid_token("The token is for another audience.")
        if claims.get("iss") != self._issuer:
            raise invalid_token("The token is of another issuer.")

    def _checked_expiry(self, claims: Mapping[str, Any]) -> float:
        now, expiry = time.time(), claims.get("exp")
        if not _is_time(expiry):
            raise invalid_token("The token has no expiry.")
        if expiry <= now:
            raise invalid_token("The token has expired.")
        for name in ("nbf", "iat"):
            if name in claims and not (_is_time(claims[name]) and claims[name] <= now + self._leeway):
                raise invalid_token("The token is not valid yet.")
        return float(expiry)


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _NEVER


def _organisation(claims: Mapping[str, Any]) -> str | None:
    given = [claims[name] for name in _ORGANISATION if claims.get(name) not in (None, "")]
    if not all(_is_text(each) for each in given):
        raise invalid_token(f"The token's organisation is no text of at most {_LONGEST} characters.")
    return given[0] if given else None


def _roles(claims: Mapping[str, Any]) -> tuple[str, ...]:
    roles = claims.get("roles", ["teacher"])
    if not isinstance(roles, list) or not all(_is_text(each) for each in roles):
        raise invalid_token("The token's roles are no list of texts.")
    return tuple(roles)


def _is_text(value: Any) -> bool:
    """That can be told on: a lone surrogate, for one, has no UTF-8."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
