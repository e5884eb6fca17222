"""`viewer { credits }`: what the entitlements service says, or why it is not known."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx
from joserfc import jwt
from joserfc.jwk import OctKey

from gateway.app import create_app
from gateway.http.tokens import development_token
from gateway.lifespan import Transports
from tests.gateway.test_upstream_failures import FAILURES, HURRY, Answer
from tests.support.apps import GATEWAY, KEY, bearer, client, mockable, running
from tests.support.entitlements import Accounts
from tests.support.given import OTHER, TEACHER
from tests.support.graph import ask, data

CONFIGURED = GATEWAY.model_copy(update={"entitlements_base_url": "http://entitlements.test"})
BALANCE = f"http://entitlements.test/v1/entitlements/balance/{TEACHER}"
CREDITS = "{ viewer { userId credits { userBalance orgBalance } } }"
ORG = "huledu-gymnasiet"


def of_org(org_id: str | None) -> dict[str, str]:
    """A token that names the organisation."""
    assert GATEWAY.jwt_secret
    key = OctKey.import_key(GATEWAY.jwt_secret.get_secret_value())
    claims = jwt.decode(development_token(GATEWAY, TEACHER), key).claims
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, {**claims, 'org_id': org_id}, key)}"}


def balance(user: Any, org: Any = None, org_id: Any = None) -> dict[str, Any]:
    return {"user_balance": user, "org_balance": org, "org_id": org_id}


@asynccontextmanager
async def gateway_over(accounts: Accounts, headers: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running(accounts.app()) as entitlements,
        client(create_app(CONFIGURED, Transports(entitlements=entitlements)), headers) as made,
    ):
        yield made


@pytest.mark.parametrize(
    ("told", "org_id", "shown"),
    [
        pytest.param(balance(12), None, (12, None), id="no organisation"),
        pytest.param(balance(0, 0, ORG), ORG, (0, 0), id="nothing left is a real 0"),
        pytest.param(balance(12, 3000, ORG), ORG, (12, 3000), id="both"),
        pytest.param(balance(12, None, ORG), ORG, (12, None), id="an organisation without an account"),
        pytest.param(balance(12, None, None), ORG, (12, None), id="an organisation that is not known there"),
        pytest.param(balance(-2, 2**31 - 1, ORG), ORG, (-2, 2**31 - 1), id="as far as integers go"),
        pytest.param(balance(12, 3000, ORG), None, (12, None), id="an organisation that the token does not name"),
    ],
)
async def test_what_is_left(told: dict[str, Any], org_id: str | None, shown: tuple[int, int | None]) -> None:
    async with gateway_over(Accounts({TEACHER: told, OTHER: balance(99)}), of_org(org_id)) as gateway:
        found = await data(gateway, CREDITS)
    assert found == {"viewer": {"userId": TEACHER, "credits": {"userBalance": shown[0], "orgBalance": shown[1]}}}


@pytest.mark.parametrize("org_id", ["another-school", None])
async def test_another_organisations_balance_is_not_shown(org_id: str | None) -> None:
    async with gateway_over(Accounts({TEACHER: balance(12, 3000, org_id)}), of_org(ORG)) as gateway:
        answer = await ask(gateway, CREDITS)
    assert answer["data"]["viewer"]["credits"] == {"userBalance": 12, "orgBalance": None}
    [error] = answer["errors"]
    assert error["path"] == ["viewer", "credits", "orgBalance"]
    assert (error["extensions"]["code"], error["extensions"]["service"]) == ("EXTERNAL_SERVICE_ERROR", "entitlements")


async def test_it_is_asked_once_however_often_it_is_read() -> None:
    accounts = Accounts({TEACHER: balance(12)})
    async with gateway_over(accounts, bearer()) as gateway:
        answer = await ask(gateway, "{ a: viewer { credits { userBalance } } b: viewer { credits { orgBalance } } }")
    assert answer["data"] == {"a": {"credits": {"userBalance": 12}}, "b": {"credits": {"orgBalance": None}}}
    [call] = answer["extensions"]["upstream"]
    assert (call["service"], call["path"], call["status"]) == (
        "entitlements",
        f"/v1/entitlements/balance/{TEACHER}",
        200,
    )
    assert len(accounts.asked) == 1


async def test_it_is_not_asked_when_nobody_wants_to_know() -> None:
    accounts = Accounts({TEACHER: balance(12)})
    async with gateway_over(accounts, bearer()) as gateway:
        await data(gateway, "{ viewer { userId orgId } }")
    assert accounts.asked == []


async def test_what_travels_to_it() -> None:
    accounts, correlation_id = Accounts({TEACHER: balance(12)}), str(uuid4())
    async with gateway_over(accounts, bearer() | {"X-Correlation-ID": correlation_id}) as gateway:
        await data(gateway, CREDITS)
    [sent] = accounts.asked
    assert (sent["x-internal-api-key"], sent["x-service-id"], sent["x-user-id"]) == (KEY, "gateway", TEACHER)
    assert sent["x-correlation-id"] == correlation_id
    assert 9000 < int(sent["x-request-deadline-ms"]) <= 9900
    assert "authorization" not in sent


def told(answer: dict[str, Any]) -> tuple[str, str, bool]:
    """Code, service and retryable of the one error, which stands at the one null."""
    assert answer["data"] == {"viewer": {"userId": TEACHER, "credits": None}}
    [error] = answer["errors"]
    assert error["path"] == ["viewer", "credits"]
    assert error["message"].startswith("The entitlements service ")
    extensions = error["extensions"]
    return extensions["code"], extensions["service"], extensions["retryable"]


async def test_without_a_service_it_is_null_and_says_so() -> None:
    async with client(create_app(GATEWAY, mockable()), bearer()) as gateway:
        answer = await ask(gateway, CREDITS)
    assert told(answer) == ("NOT_CONFIGURED", "entitlements", False)
    assert answer["extensions"]["upstream"] == []


async def test_a_user_whom_it_does_not_know_has_no_0() -> None:
    async with gateway_over(Accounts({}), bearer()) as gateway:
        assert told(await ask(gateway, CREDITS)) == ("EXTERNAL_SERVICE_ERROR", "entitlements", True)


@pytest.mark.parametrize(("answer", "code"), FAILURES)
@respx.mock
async def test_down_it_is_null_and_says_how(answer: Answer, code: str) -> None:
    respx.get(BALANCE).mock(side_effect=answer)
    async with client(create_app(CONFIGURED, mockable()), bearer() | HURRY) as gateway:
        assert told(await ask(gateway, CREDITS)) == (code, "entitlements", True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"org_balance": 3, "org_id": ORG},
        {"user_balance": 3, "org_balance": 3},
        balance(None),
        balance("12"),
        balance(1.5),
        balance(True),
        balance(2**31),
        balance(1, -(2**31) - 1, ORG),
    ],
    ids=str,
)
@respx.mock
async def test_what_is_no_balance_is_no_0(body: dict[str, Any]) -> None:
    respx.get(BALANCE).respond(json=body)
    async with client(create_app(CONFIGURED, mockable()), of_org(ORG)) as gateway:
        assert told(await ask(gateway, CREDITS)) == ("EXTERNAL_SERVICE_ERROR", "entitlements", True)
