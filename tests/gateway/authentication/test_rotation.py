"""A gateway whose issuer changes its keys, or is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.settings import GatewaySettings
from tests.gateway.authentication.sources import SECRET, source
from tests.support.apps import KEY, client
from tests.support.issuer import Issuer, claims, compact, generated, issuer, jwk, signer
from tests.support.peer import answer

VIEWER = {"query": "{ viewer { userId } }"}
LET_IN = (200, {"data": {"viewer": {"userId": "teacher-1"}}})
KEYS = {kid: generated(algorithm) for kid, algorithm in {"old": "RS256", "new": "RS256", "other": "EdDSA"}.items()}
JWKS = {kid: jwk(private, kid=kid) for kid, private in KEYS.items()}
AWAY = answer(b"", "500 Internal Server Error")


def token(key: str, **header: Any) -> str:
    algorithm = "EdDSA" if key == "other" else "RS256"
    return compact({"alg": algorithm, "kid": key, **header}, claims(), signer(KEYS[key]))


@asynccontextmanager
async def gateway_of(service: Issuer, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """It looks again as soon as it is asked to, unless the settings say otherwise."""
    given: dict[str, Any] = {"jwt_jwks_cooldown_seconds": 1e-6, "jwt_jwks_timeout_seconds": 30, **settings}
    app = create_app(
        GatewaySettings(
            environment="development",
            internal_api_key=SecretStr(KEY),
            jwt_jwks_url=service.url,
            _env_file=None,
            **given,
        )
    )
    async with client(app) as made:
        yield made


async def asked(gateway: httpx.AsyncClient, token: str) -> tuple[int, dict[str, Any]]:
    answer = await gateway.post("/graphql", json=VIEWER, headers={"Authorization": f"Bearer {token}"})
    body = answer.json()
    body.pop("extensions", None)
    return answer.status_code, body


async def refused(gateway: httpx.AsyncClient, token: str, code: str = "AUTHENTICATION_ERROR") -> bool:
    status, body = await asked(gateway, token)
    return (status, body["errors"][0]["extensions"]["code"]) == ({"AUTHENTICATION_ERROR": 401}.get(code, 503), code)


async def test_a_new_key_is_believed_at_once_and_an_old_one_while_it_is_published() -> None:
    old = token("old")
    async with issuer(JWKS["old"]) as service, gateway_of(service) as gateway:
        assert await asked(gateway, old) == LET_IN
        assert await refused(gateway, token("new"))
        service.publish(JWKS["old"], JWKS["new"], JWKS["other"])
        for key in ("new", "other", "old"):
            assert await asked(gateway, token(key)) == LET_IN
        assert await asked(gateway, old) == LET_IN
        service.publish(JWKS["new"])
        assert await asked(gateway, old) == LET_IN, "nothing has told of the change yet"
        assert await refused(gateway, token("old", kid="unknown"))
        assert await refused(gateway, old), "although it was remembered"
        assert await asked(gateway, token("new")) == LET_IN


async def test_a_storm_of_unknown_keys_asks_the_issuer_once() -> None:
    async with issuer(JWKS["old"]) as service, gateway_of(service, jwt_jwks_cooldown_seconds=600) as gateway:
        service.gate.clear()
        storm = [asyncio.create_task(refused(gateway, token("old", kid=f"{number}"))) for number in range(100)]
        known = asyncio.create_task(asked(gateway, token("old")))
        await service.asked.wait()
        service.gate.set()
        assert all(await asyncio.gather(*storm))
        assert await known == LET_IN
        for number in range(100):
            assert await refused(gateway, token("other", kid=f"{number}"))
        assert service.looks == 1


async def test_what_no_key_of_the_issuer_could_verify_does_not_ask_it() -> None:
    async with issuer(JWKS["old"]) as service, gateway_of(service) as gateway:
        assert await asked(gateway, token("old")) == LET_IN
        looks = service.looks
        for header in ({"alg": "HS256", "kid": "x"}, {"alg": "none", "kid": "x"}, {"kid": 5}, {"kid": "x" * 257}):
            assert await refused(gateway, token("old", **header))
        assert await refused(gateway, "garbage")
        assert service.looks == looks


async def test_whoever_is_known_does_not_wait_for_a_slow_issuer() -> None:
    remembered = token("old")
    async with issuer(JWKS["old"]) as service, gateway_of(service) as gateway:
        assert await asked(gateway, remembered) == LET_IN
        service.gate.clear()
        service.asked.clear()
        unknown = asyncio.create_task(refused(gateway, token("new")))
        await service.asked.wait()
        assert await asked(gateway, remembered) == LET_IN
        assert await asked(gateway, token("old", jti="another")) == LET_IN
        assert not unknown.done()
        service.gate.set()
        assert await unknown


async def test_who_gives_up_waiting_does_not_keep_others_from_being_let_in() -> None:
    async with issuer(JWKS["old"]) as service, gateway_of(service) as gateway:
        service.gate.clear()
        impatient = {"Authorization": f"Bearer {token('old')}", "X-Request-Deadline-Ms": "100"}
        patient = asyncio.create_task(asked(gateway, token("old")))
        late = await gateway.post("/graphql", json=VIEWER, headers=impatient)
        assert (late.status_code, late.json()["errors"][0]["extensions"]["code"]) == (504, "TIMEOUT")
        service.gate.set()
        assert await patient == LET_IN


async def test_without_any_key_nobody_can_be_judged() -> None:
    async with issuer() as service:
        service.says = AWAY
        async with gateway_of(service) as gateway:
            ready = await gateway.get("/readyz")
            assert (ready.status_code, ready.json()["checks"]) == (503, {"issuer_keys": False})
            assert await refused(gateway, token("old"), "SERVICE_UNAVAILABLE")
            rest = await gateway.get("/bff/v1/teacher/dashboard", headers={"Authorization": f"Bearer {token('old')}"})
            assert (rest.status_code, rest.headers["Retry-After"]) == (503, "1")
            assert await refused(gateway, token("old", alg="none")), "what is wrong in any case is told"
            service.publish(JWKS["old"])
            assert await asked(gateway, token("old")) == LET_IN
            ready = await gateway.get("/readyz")
            assert (ready.status_code, ready.json()["checks"]) == (200, {"issuer_keys": True})


async def test_an_issuer_that_is_away_changes_nothing_until_its_keys_are_stale() -> None:
    async with issuer(JWKS["old"]) as service, gateway_of(service, jwt_jwks_stale_seconds=0) as gateway:
        remembered = token("old")
        assert await asked(gateway, remembered) == LET_IN
        service.says = AWAY
        assert await asked(gateway, remembered) == LET_IN
        assert await refused(gateway, token("old", kid="unknown"), "SERVICE_UNAVAILABLE")
        assert await refused(gateway, remembered, "SERVICE_UNAVAILABLE"), "although it was remembered"
        assert (await gateway.get("/readyz")).status_code == 503
    async with issuer(JWKS["old"]) as service, gateway_of(service) as gateway:
        assert await asked(gateway, token("old")) == LET_IN
        service.says = AWAY
        assert await refused(gateway, token("old", kid="unknown"))
        assert await asked(gateway, token("old")) == LET_IN
        assert (await gateway.get("/readyz")).status_code == 200


async def test_a_token_without_a_key_name_has_the_only_key_of_its_algorithm() -> None:
    def nameless(key: str) -> str:
        return compact({"alg": "EdDSA" if key == "other" else "RS256"}, claims(), signer(KEYS[key]))

    async with issuer(JWKS["old"], JWKS["other"]) as service, gateway_of(service) as gateway:
        assert await asked(gateway, nameless("old")) == LET_IN
        assert await asked(gateway, nameless("other")) == LET_IN
        assert await refused(gateway, nameless("new"))
        service.publish(JWKS["old"], JWKS["new"])
        assert await asked(gateway, token("new")) == LET_IN
        looks = service.looks
        assert await refused(gateway, nameless("old"))
        assert service.looks == looks, "another look would not tell which one is meant"


async def test_a_development_secret_beside_an_issuer() -> None:
    secret = SecretStr(SECRET)
    async with issuer(JWKS["old"]) as service, gateway_of(service, jwt_secret=secret) as gateway:
        assert await asked(gateway, source("HS256 secret").token()) == LET_IN
        assert await asked(gateway, token("old")) == LET_IN


@pytest.mark.parametrize("ending", ["", "/", "?version=1"])
async def test_an_address_is_asked_as_it_is(ending: str) -> None:
    async with issuer(JWKS["old"]) as service:
        asked_at = f"{service.url}{ending}"
        settings = GatewaySettings(environment="development", internal_api_key=SecretStr(KEY), jwt_jwks_url=asked_at)
        async with client(create_app(settings)) as gateway:
            assert await asked(gateway, token("old")) == LET_IN
        assert service.server
        [(_, request)] = service.server.requests
        head = request.decode().split("\r\n")
        assert head[0] == f"GET /.well-known/jwks.json{ending} HTTP/1.1"
        assert not [line for line in head if line.lower().startswith(("authorization", "cookie", "x-internal"))]
