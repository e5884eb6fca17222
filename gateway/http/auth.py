"""Bearer tokens of the identity service, verified before anything of the request is parsed."""

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import HTTPConnection, Request

from gateway.context import Identity
from gateway.http.bearer.claims import Claims
from gateway.http.bearer.compact import Compact, parsed
from gateway.http.bearer.issuer import IssuerKeys, Pace
from gateway.http.bearer.keys import PUBLIC, Key, verification_keys, verifies
from gateway.http.bearer.refusals import invalid_token, token_required
from gateway.http.bearer.strict import json_object
from gateway.http.bearer.verified import VerifiedTokens
from gateway.settings import GatewaySettings
from kit.errors import UnavailableError
from kit.header_fields import every
from kit.health import Check


class Authenticator:
    def __init__(self, settings: GatewaySettings) -> None:
        """Raises ValueError for a key file that cannot be used."""
        self._keys = verification_keys(settings)
        self._claims = Claims(settings.jwt_audience, settings.jwt_issuer, settings.jwt_leeway_seconds)
        self._max_token = settings.jwt_max_characters
        self._verified = VerifiedTokens(settings.jwt_cached_tokens)
        self._retry_after = str(math.ceil(settings.jwt_jwks_cooldown_seconds))
        self._issuer = issuer_keys(settings, self._verified)

    def counts(self) -> Mapping[tuple[str, ...], float]:
        """For the metrics."""
        return {("verified",): self._verified.verified, ("remembered",): self._verified.remembered}

    @property
    def checks(self) -> Mapping[str, Check]:
        """For `/readyz`: without its issuer's keys a gateway can let nobody in."""

        async def loaded(_: Request) -> bool:
            return self._issuer is not None and self._issuer.usable

        return {"issuer_keys": loaded} if self._issuer else {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        if self._issuer is None:
            yield
            return
        async with self._issuer.opened():
            yield

    def known(self, connection: HTTPConnection) -> Identity | None:
        """Whom a token that was verified before names; `identify` tells of all others."""
        given = every(connection.scope, b"authorization")
        if len(given) != 1 or given[0][:7].lower() != "bearer ":
            return None
        return self._verified.get(given[0][7:])

    async def identify(self, connection: HTTPConnection) -> Identity:
        """Raises AuthenticationError, or UnavailableError while the issuer's keys are not there."""
        return await self.identified(authorizations(connection))

    async def identified(self, given: Sequence[str]) -> Identity:
        """By what the Authorization headers say. Raises as `identify` does."""
        token = self._token(given)
        if known := self._verified.get(token):
            return known
        try:
            compact = parsed(token)
            key = await self._key(compact)
            claims = verified_claims(compact, key) if key else None
        except (ValueError, RecursionError):
            claims = None
        if claims is None:
            raise invalid_token("The token is not valid.")
        identity = self._claims.identity(claims)
        self._verified.add(token, identity)
        return identity

    def _token(self, given: Sequence[str]) -> str:
        if len(given) > 1:
            raise invalid_token("More than one Authorization is given.")
        scheme, _, token = (given[0] if given else "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise token_required()
        if len(token) > self._max_token:
            raise invalid_token(f"The token has more than {self._max_token} characters.")
        return token.lstrip(" ")

    async def _key(self, compact: Compact) -> Key | None:
        """Raises UnavailableError."""
        issuer = self._issuer
        if (key := self._keys.get(compact.algorithm)) or issuer is None or compact.algorithm not in PUBLIC:
            return key
        if key := issuer.find(compact.algorithm, compact.kid):
            return key
        if compact.kid is not None or not issuer.usable:
            await issuer.look()
        if not issuer.usable:
            raise UnavailableError(
                "Tokens cannot be checked: the issuer's keys are not there.", headers={"Retry-After": self._retry_after}
            )
        return issuer.find(compact.algorithm, compact.kid)


def verified_claims(compact: Compact, key: Key) -> dict[str, Any] | None:
    """None for the signature of another key. Raises ValueError or RecursionError."""
    if not verifies(key, compact.signed, compact.signature):
        return None
    return json_object(compact.payload)


def authorizations(connection: HTTPConnection) -> list[str]:
    """As many as were sent: a proxy and we could take different ones for the true one."""
    return every(connection.scope, b"authorization")


def issuer_keys(settings: GatewaySettings, verified: VerifiedTokens) -> IssuerKeys | None:
    if not settings.jwt_jwks_url:  # an empty one is none
        return None
    pace = Pace(
        longest=settings.jwt_jwks_refresh_seconds,
        cooldown=settings.jwt_jwks_cooldown_seconds,
        stale=settings.jwt_jwks_stale_seconds,
        timeout=settings.jwt_jwks_timeout_seconds,
    )
    return IssuerKeys(settings.jwt_jwks_url, pace, settings.jwt_jwks_max_body_bytes, verified.clear)
