"""Where a token may stand in a request, and who is let in by it."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.gateway.authentication.sources import NAMES, source
from tests.support.issuer import claims

VIEWER = {"query": "{ viewer { userId orgId } }"}
MINE = source("HS256 secret")
NOW = claims()["exp"] - 86_400
Headers = list[tuple[str, str]]


@pytest.fixture
def gateway(gateways: Mapping[str, httpx.AsyncClient]) -> httpx.AsyncClient:
    return gateways["HS256 secret"]


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


WITHOUT_A_TOKEN: dict[str, Headers] = {
    "nothing": [],
    "empty": [("Authorization", "")],
    "another scheme": [("Authorization", "Basic dGVhY2hlcjpwYXNz")],
    "another scheme, our token": [("Authorization", f"Digest {MINE.token()}")],
    "the token alone": [("Authorization", MINE.token())],
    "the scheme alone": [("Authorization", "Bearer")],
    "the scheme and a space": [("Authorization", "Bearer  ")],
    "the scheme and a colon": [("Authorization", f"Bearer:{MINE.token()}")],
    "another header": [("X-Authorization", f"Bearer {MINE.token()}"), ("X-User-ID", "teacher-1")],
    "of a proxy": [("Proxy-Authorization", f"Bearer {MINE.token()}"), ("X-Forwarded-User", "teacher-1")],
    "a cookie": [("Cookie", f"token={MINE.token()}; Authorization=Bearer {MINE.token()}")],
}
TWO: dict[str, Headers] = {
    "the same twice": [bearer(MINE.token()), bearer(MINE.token())],
    "a good and a bad one": [bearer(MINE.token()), bearer("x")],
    "a bad and a good one": [bearer("x"), bearer(MINE.token())],
    "two schemes": [("Authorization", "Basic eDp5"), bearer(MINE.token())],
    "an empty one": [("Authorization", ""), bearer(MINE.token())],
    "in two cases": [("authorization", f"Bearer {MINE.token()}"), ("AUTHORIZATION", f"Bearer {MINE.token()}")],
}


async def refused(gateway: httpx.AsyncClient, headers: Headers, challenge: str, **request: Any) -> None:
    for answer in (
        await gateway.post("/graphql", headers=headers, **{"json": VIEWER, **request}),
        await gateway.post("/graphql", headers=headers, content=b"\xff"),
        await gateway.get("/bff/v1/teacher/dashboard?page=no-number", headers=headers),
    ):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)
        assert "AUTHENTICATION_ERROR" in answer.text


@pytest.mark.parametrize("case", WITHOUT_A_TOKEN)
async def test_without_a_token_nobody_is_let_in(gateway: httpx.AsyncClient, case: str) -> None:
    await refused(gateway, WITHOUT_A_TOKEN[case], 'Bearer realm="teacher-graph"')


@pytest.mark.parametrize("case", TWO)
async def test_two_tokens_are_as_bad_as_a_wrong_one(gateway: httpx.AsyncClient, case: str) -> None:
    await refused(gateway, TWO[case], 'Bearer realm="teacher-graph", error="invalid_token"')


async def test_a_token_in_the_address_or_the_body_is_not_seen(gateway: httpx.AsyncClient) -> None:
    token = MINE.token()
    params = {"access_token": token, "token": token, "Authorization": f"Bearer {token}"}
    challenge = 'Bearer realm="teacher-graph"'
    await refused(gateway, [], challenge, params=params, json={**VIEWER, "extensions": params})
    answer = await gateway.get("/graphql", params={**VIEWER, **params}, headers={"Accept": "application/json"})
    assert answer.status_code == 401


GOOD: dict[str, dict[str, Any]] = {
    "the least": {},
    "several audiences": {"aud": ["other", "huleedu-platform"]},
    "a fraction of a second": {"exp": NOW + 86_400.5, "iat": NOW - 0.5},
    "an access token": {"typ": "Bearer", "token_use": "access", "token_type": "access_token"},
    "what we do not know": {"scope": "all", "name": "Åsa 🙂", "deep": [[{}]]},
    "no roles": {"roles": []},
    "organisations that are none": {"org_id": None, "org": ""},
    "the latest expiry": {"exp": 10**11},
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("case", GOOD)
async def test_a_good_token_is_taken(gateways: Mapping[str, httpx.AsyncClient], name: str, case: str) -> None:
    headers = dict([bearer(source(name).token(claims(**GOOD[case])))])
    answer = await gateways[name].post("/graphql", json=VIEWER, headers=headers)
    assert answer.json()["data"] == {"viewer": {"userId": "teacher-1", "orgId": None}}


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+JWT", None])
async def test_what_a_token_may_call_itself(gateway: httpx.AsyncClient, typ: str | None) -> None:
    header = {"alg": "HS256"} if typ is None else {"alg": "HS256", "typ": typ}
    token = MINE.token(header={**header, "kid": "any", "x5t": "ignored", "cty": "ignored"})
    answer = await gateway.post("/graphql", json=VIEWER, headers=dict([bearer(token)]))
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["org_id", "org", "organization_id"])
async def test_the_organisation_has_several_names(gateway: httpx.AsyncClient, name: str) -> None:
    token = MINE.token(claims(**{"org_id": None, name: "school-9"}))
    answer = await gateway.post("/graphql", json=VIEWER, headers=dict([bearer(token)]))
    assert answer.json()["data"] == {"viewer": {"userId": "teacher-1", "orgId": "school-9"}}
