"""The limits as a client meets them: settings, statuses, codes and `extensions.cost`."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.lifespan import Transports
from gateway.settings import GatewaySettings
from tests.gateway.limits.test_shape import nested
from tests.support.apps import GATEWAY, bearer, client, cms_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.graph import ask
from tests.support.lessons import a_lesson

GRAPHQL = "application/graphql-response+json"
VIEWER = "{ viewer { userId } }"
BATCHES = "query ($n: Int) { batches(first: $n) { nodes { title classInfo { className } } } }"
QUIET = {"introspection": False, "suggestions": False, "tell_cost": False}


def with_settings(**changes: Any) -> GatewaySettings:
    return GATEWAY.model_copy(update=changes)


@pytest.fixture
async def services(
    cms_database: RolledBack, ras_database: RolledBack
) -> AsyncIterator[tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport]]:
    async with running(cms_app(cms_database)) as cms, running(ras_app(ras_database)) as ras:
        yield cms, ras


async def post(gateway: httpx.AsyncClient, query: str, accept: str, **variables: Any) -> tuple[int, dict[str, Any]]:
    answer = await gateway.post("/graphql", json={"query": query, "variables": variables}, headers={"Accept": accept})
    return answer.status_code, answer.json()


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), ("application/json", 200)])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        (nested(11), "query has 11 levels of fields; at most 10 are allowed"),
        (BATCHES.replace("$n)", "100)").replace("query ($n: Int)", ""), None),
        (
            "{ batches(first: 100) { nodes { essays(first: 100) { totalCount nodes { id } } } } }",
            "query costs 15,372 as estimated; at most 5,000 are allowed",
        ),
    ],
)
async def test_a_refusal_is_a_request_error(
    gateway: httpx.AsyncClient, query: str, message: str | None, accept: str, status: int
) -> None:
    found, body = await post(gateway, query, accept)
    if message is None:
        assert (found, "errors" in body) == (200, False)
        return
    [error] = body["errors"]
    assert (found, error["message"], error["extensions"]["code"]) == (status, message, "VALIDATION_ERROR")
    assert "data" not in body
    told = {"estimated": 15_372, "actual": 0, "limit": 5000} if "costs" in message else None
    assert body["extensions"].get("cost") == told


async def test_an_answer_tells_what_it_cost(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    for _ in range(2):
        await a_lesson(cms_database, ras_database, 1)
    for _ in range(3):  # by graphql-core, and by its plan
        answer = await ask(gateway, BATCHES, n=50)
        assert answer["extensions"]["cost"] == {
            "estimated": (10 + 1 + 1) + 50 * 1.5 + (10 + 50 * 2.5),
            "actual": (10 + 1 + 1) + 2 * 1.5 + (10 + 2 * 2.5),
            "limit": 5000,
        }


async def test_what_production_tells(services: tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport]) -> None:
    async with client(create_app(with_settings(**QUIET, max_cost=2500), Transports(*services)), bearer()) as gateway:
        assert "cost" not in (await ask(gateway, VIEWER))["extensions"]
        [error] = (await ask(gateway, "{ __schema { types { name } } }"))["errors"]
        assert error["message"] == "query may not ask for __schema or __type: introspection is off here"
        [error] = (await ask(gateway, "{ viewr { userId } }"))["errors"]
        assert error["message"] == "Cannot query field 'viewr' on type 'Query'."
        assert (await ask(gateway, "{ __typename }"))["data"] == {"__typename": "Query"}
        refused = await ask(gateway, BATCHES.replace("title", "title " + "essays { nodes { id } }"), n=100)
        batch = 1.5 + 2.5 + 2 + 20 * 1.5
        assert refused["extensions"]["cost"] == {"estimated": 12 + 10 + 10 + 100 * batch, "actual": 0, "limit": 2500}
        [error] = refused["errors"]
        assert error["message"] == "query costs 3,632 as estimated; at most 2,500 are allowed"


def test_production_is_quiet_unless_it_is_told_otherwise() -> None:
    production = with_settings(environment="production")
    assert (production.document_limits.introspection, production.document_limits.suggestions) == (False, False)
    assert with_settings(environment="production", introspection=True).document_limits.introspection
    assert (GATEWAY.document_limits.introspection, GATEWAY.document_limits.suggestions) == (True, True)


@pytest.mark.parametrize("where", ["variables", "extensions"])
async def test_json_is_only_so_deep(gateway: httpx.AsyncClient, where: str) -> None:
    for levels, fits in ((30, True), (31, False)):
        deep: Any = 1
        for _ in range(levels):
            deep = [deep]
        answer = await gateway.post("/graphql", json={"query": VIEWER, where: {"x": deep}})
        assert answer.status_code == (200 if fits else 400)
        if not fits:
            [error] = answer.json()["errors"]
            assert error["message"] == "body has more than 32 levels of lists and objects"
            assert error["extensions"]["code"] == "VALIDATION_ERROR"
    text = '{"x":' + "[" * 32 + "]" * 32 + "}"
    answer = await gateway.get("/graphql", params={"query": VIEWER, where: text})
    assert answer.json()["errors"][0]["message"] == f"{where} has more than 32 levels of lists and objects"
