"""A create that is sent again, under its Idempotency-Key; and changes that fail for other reasons."""

from typing import Any

import httpx
import pytest
import respx

from tests.gateway.mutations.test_classes import CREATE, names, wrong
from tests.support.apps import GATEWAY, bearer, client, gateway_app
from tests.support.graph import ask

TWO = """mutation {
    a: createClass(input: {name: "SV1A", courseCode: SV1}) { class { classId } userErrors { code field message } }
    b: createClass(input: {name: "SV1A", courseCode: SV1}) { class { classId } userErrors { code field message } }
}"""


async def sent(gateway: httpx.AsyncClient, query: str, keys: list[str], **variables: Any) -> httpx.Response:
    headers = [("Idempotency-Key", each) for each in keys]
    return await gateway.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def test_a_retry_makes_none(gateway: httpx.AsyncClient) -> None:
    first, second = [(await sent(gateway, TWO, ["key-1"])).json()["data"] for _ in range(2)]

    assert first == second
    assert first["a"]["class"] != first["b"]["class"]
    assert await names(gateway) == ["SV1A", "SV1A"]


async def test_a_key_is_one_changes(gateway: httpx.AsyncClient) -> None:
    await sent(gateway, CREATE, ["key-1"], input={"name": "SV1A", "courseCode": "SV1"})
    answer = await sent(gateway, CREATE, ["key-1"], input={"name": "SV1B", "courseCode": "SV1"})

    errors = wrong("CONFLICT", ["input"], "Its Idempotency-Key is of another change, or of one still under way.")
    assert answer.json()["data"] == {"createClass": {"class": None, "userErrors": errors}}
    assert await names(gateway) == ["SV1A"]


@pytest.mark.parametrize("keys", [["a", "b"], [""], ["k" * 201]])
async def test_what_is_no_key_is_refused(gateway: httpx.AsyncClient, keys: list[str]) -> None:
    answer = await sent(gateway, TWO, keys)

    assert answer.status_code == 400
    assert "Idempotency-Key must be given once, with 1 to 200 printable ASCII" in answer.json()["errors"][0]["message"]
    assert await names(gateway) == []


async def test_a_response_key_may_be_too_long(gateway: httpx.AsyncClient) -> None:
    query = TWO.replace("a:", f"{'a' * 100}:")
    answer = (await sent(gateway, query, ["k" * 180])).json()

    assert answer["data"]["a" * 100] is None
    assert answer["errors"][0]["extensions"]["code"] == "VALIDATION_ERROR"
    assert await names(gateway) == ["SV1A"]


@pytest.mark.parametrize(
    ("status", "code"), [(500, "EXTERNAL_SERVICE_ERROR"), (503, "SERVICE_UNAVAILABLE"), (418, "EXTERNAL_SERVICE_ERROR")]
)
async def test_what_the_user_cannot_mend_is_an_error(status: int, code: str) -> None:
    with respx.mock(base_url=GATEWAY.cms_base_url) as cms:
        cms.post("/v1/classes").respond(status, text="postgresql://cms:secret@db")
        async with client(gateway_app(None, None), bearer()) as gateway:
            answer = await ask(gateway, CREATE, input={"name": "SV1A", "courseCode": "SV1"})

    assert answer["data"] == {"createClass": None}
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"], error["extensions"]["service"]) == (
        ["createClass"],
        code,
        "cms",
    )
    assert "secret" not in str(answer)
