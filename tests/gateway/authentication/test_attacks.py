"""Every attack on a token, against every way to know the issuer's key: 401, and nothing of it is remembered."""

from collections.abc import Mapping

import httpx
import pytest

from tests.gateway.authentication.attacks import attacks
from tests.gateway.authentication.attacks_on_keys import Attack
from tests.gateway.authentication.sources import NAMES, source

VIEWER = {"query": "{ viewer { userId orgId } }"}
REST = "/bff/v1/teacher/dashboard"
CHALLENGE = 'Bearer realm="teacher-graph", error="invalid_token"'


ATTACKS = [
    pytest.param(name, attack, id=f"{name}: {title}")
    for name in NAMES
    for title, attack in attacks(source(name)).items()
]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("name", "attack"), ATTACKS)
async def test_an_attack_is_refused(gateways: Mapping[str, httpx.AsyncClient], name: str, attack: Attack) -> None:
    headers = bearer(attack(source(name)))
    raw = [(each.encode(), value.encode("latin-1")) for each, value in headers.items()]
    graph = await gateways[name].post("/graphql", json=VIEWER, headers=raw)
    assert (graph.status_code, graph.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    [error] = graph.json()["errors"]
    assert (error["extensions"]["code"], "data" in graph.json()) == ("AUTHENTICATION_ERROR", False)
    rest = await gateways[name].get(REST, headers=raw)
    assert (rest.status_code, rest.headers["WWW-Authenticate"]) == (401, CHALLENGE)
    assert rest.json()["error"]["code"] == "AUTHENTICATION_ERROR"
    assert rest.json()["error"]["message"] == error["message"]


@pytest.mark.parametrize("name", NAMES)
async def test_after_all_of_them_a_teacher_is_let_in(gateways: Mapping[str, httpx.AsyncClient], name: str) -> None:
    for _ in range(2):  # the second time from memory
        answer = await gateways[name].post("/graphql", json=VIEWER, headers=bearer(source(name).token()))
        assert answer.json()["data"] == {"viewer": {"userId": "teacher-1", "orgId": None}}


def test_there_are_many() -> None:
    assert len(attacks(source("RS256 file"))) > 200
