"""The same attacks on a WebSocket, and where its token may stand: closed with 4403 before anything is asked."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.app import create_app
from gateway.settings import GatewaySettings
from tests.gateway.authentication.attacks import attacks
from tests.gateway.authentication.sources import source
from tests.gateway.live.peers import socket
from tests.support.apps import GATEWAY
from tests.support.issuer import issuer
from tests.support.peer import answer
from tests.support.ports import free_port
from tests.support.servers import served

MINE = source("HS256 secret")


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    settings = GATEWAY.model_copy(update={"port": free_port()})
    async with served(create_app(settings), settings) as made:
        yield made


async def closed(url: str, payload: Any, **options: Any) -> tuple[int, str]:
    async with socket(url, **options) as peer:
        await peer.send({"type": "connection_init", "payload": payload})
        return await peer.closed()


async def test_an_attack_is_closed(url: str) -> None:
    taken = {}
    for name, attack in attacks(MINE).items():
        code, reason = await closed(url, {"Authorization": f"Bearer {attack(MINE)}"})
        if code != 4403 or not reason:
            taken[name] = code, reason
    assert taken == {}


GOOD = f"Bearer {MINE.token()}"
ODD: dict[str, Any] = {
    "a number": {"Authorization": 5},
    "a list": {"Authorization": [GOOD]},
    "an object": {"Authorization": {"token": GOOD}},
    "empty": {"Authorization": ""},
    "in two cases": {"Authorization": GOOD, "authorization": GOOD},
    "in two cases, one bad": {"AUTHORIZATION": "Bearer x", "authorization": GOOD},
    "deeper": {"headers": {"Authorization": GOOD}},
    "another name": {"token": GOOD, "authToken": GOOD},
    "not ASCII": {"Authorization": f"{GOOD}é"},
    "NUL": {"Authorization": f"{GOOD}\0"},
}


@pytest.mark.parametrize("case", ODD)
async def test_an_odd_payload_is_closed(url: str, case: str) -> None:
    headers = {} if case in ("deeper", "another name") else {"Authorization": GOOD}
    code, _ = await closed(url, ODD[case], headers=headers)
    assert code == 4403


async def test_two_headers_are_closed(url: str) -> None:
    headers: Any = [("Authorization", GOOD), ("Authorization", GOOD)]
    assert await closed(url, None, headers=headers) == (4403, "More than one Authorization is given.")


@pytest.mark.parametrize("payload", [None, {}, {"Authorization": None}, {"other": 1}])
async def test_without_one_in_the_payload_the_header_counts(url: str, payload: Any) -> None:
    async with socket(url, headers={"Authorization": GOOD}) as peer:
        await peer.init(payload)


async def test_without_the_issuers_keys_it_may_come_later() -> None:
    async with issuer() as service:
        service.says = answer(b"", "500 Internal Server Error")
        settings = GatewaySettings(
            environment="development",
            internal_api_key=GATEWAY.internal_api_key,
            jwt_jwks_url=service.url,
            port=free_port(),
        )
        async with served(create_app(settings), settings) as address:
            token = source("RS256 set").token()
            code, reason = await closed(address, {"Authorization": f"Bearer {token}"})
            assert (code, reason) == (1013, "Tokens cannot be checked: the issuer's keys are not there.")
