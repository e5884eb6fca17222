"""`/metrics` of the gateway: who reads it, what it tells after requests, and that it never grows with what is sent."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import respx
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.documents import document
from tests.support.apps import GATEWAY, bearer, client, gateway_app, mockable
from tests.support.databases import RolledBack
from tests.support.given import a_class, association, batch, batches
from tests.support.graph import ask

TOKEN = "a-token-of-the-tests"
PAGE = document("dashboard")


async def samples(of: httpx.AsyncClient, *names: str) -> dict[tuple[str, ...], float]:
    """By name and the values of the labels, in the order of their names."""
    families = text_string_to_metric_families((await of.get("/metrics")).text)
    return {
        (each.name, *(each.labels[label] for label in sorted(each.labels))): each.value
        for family in families
        for each in family.samples
        if each.name.startswith(names) and "le" not in each.labels and not each.name.endswith(("_sum", "_created"))
    }


def production(**changes: Any) -> Starlette:
    # The secret is for development only, and it is the environment alone that opens `/metrics`.
    settings = GATEWAY.model_copy(update={"environment": "production", **changes})
    return create_app(settings, mockable())


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (None, 401),
        ("", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {TOKEN}", 401),
        ("Bearer å", 401),
        (bearer()["Authorization"], 401),
    ],
)
async def test_who_reads_them(authorization: str | None, status: int) -> None:
    headers = {"Authorization": authorization.encode()} if authorization is not None else {}
    async with client(production(metrics_token=SecretStr(TOKEN))) as gateway:
        answer = await gateway.get("/metrics", headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == status
        assert ("http_requests_in_flight" in answer.text) == (status == 200)
        assert TOKEN not in answer.text
        if status == 401:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="metrics"'


async def test_without_a_token_nobody_reads_them_in_production() -> None:
    async with client(production(), bearer()) as gateway:
        assert (await gateway.get("/metrics")).status_code == 404


async def test_a_page_is_told_by_operation_call_and_phase(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    first, _ = await batches(ras_database, batch(), batch())
    await cms_database.add(association(first, await a_class(cms_database)))
    for _ in range(2):
        assert "errors" not in await ask(gateway, PAGE)
    assert (await gateway.get("/bff/v1/teacher/dashboard")).status_code == 200
    await ask(gateway, "{ batches(first: 1000) { totalCount } }")
    await ask(gateway, "{ nothing }")
    await gateway.post("/graphql", json={"query": PAGE}, headers={"Authorization": "Bearer nonsense"})

    told = await samples(gateway, "graphql_", "upstream_call", "auth_")
    operations = "graphql_operation_duration_seconds_count"
    assert told[operations, "ad-hoc", "ok", "query"] == 2
    assert told[operations, "TeacherDashboard", "ok", "query"] == 1
    assert told[operations, "ad-hoc", "failed", "query"] == 1
    assert told[operations, "ad-hoc", "refused", "unknown"] == 1
    assert told["graphql_operation_errors_total", "VALIDATION_ERROR", "ad-hoc"] == 2
    assert told["graphql_refusals_total", "VALIDATION_ERROR", "document"] == 1
    assert told["graphql_refusals_total", "AUTHENTICATION_ERROR", ""] == 1
    assert told["graphql_documents_total", "hit"] == 1
    assert told["graphql_phase_duration_seconds_count", "prepare"] == told["graphql_documents_total", "miss"]
    assert told["graphql_phase_duration_seconds_count", "execute"] == 5
    assert told["graphql_executions_total", "plan"] >= 1
    assert told["auth_tokens_total", "verified"] == 1
    calls = "upstream_call_duration_seconds_count"
    assert told[calls, "/internal/v1/batches/user/{user_id}", "GET", "2xx", "ras"] == 3
    info = "/internal/v1/batches/class-info"
    assert told[calls, info, "GET", "2xx", "cms"] == told["upstream_call_keys_count", info, "cms"] == 3


@respx.mock
async def test_what_fails_is_told_by_how() -> None:
    respx.get(host="ras.test").respond(503)
    respx.get(host="cms.test").mock(side_effect=httpx.ReadError)
    async with client(gateway_app(None, None), bearer()) as gateway:
        await ask(gateway, "{ courses { code } batches { totalCount } }")
        told = await samples(gateway, "upstream_call_duration", "graphql_operation")
    calls = "upstream_call_duration_seconds_count"
    assert told == {
        (calls, "/internal/v1/batches/user/{user_id}", "GET", "5xx", "ras"): 1,
        (calls, "/internal/v1/courses", "GET", "unreachable", "cms"): 1,
        ("graphql_operation_duration_seconds_count", "ad-hoc", "failed", "query"): 1,
        ("graphql_operation_errors_total", "SERVICE_UNAVAILABLE", "ad-hoc"): 1,
        ("graphql_operation_errors_total", "EXTERNAL_SERVICE_ERROR", "ad-hoc"): 1,
    }


STATUSES = (200, 204, 302, 400, 404, 409, 418, 500, 503, 504, 599)


async def sent(gateway: httpx.AsyncClient, n: int) -> None:
    """Whatever a client can choose, another one each time."""
    name, unique = f"Name{n}", uuid4()
    changed = (
        f'mutation {name} {{ {name}: updateClass(input: {{id: "{unique}", name: "{name}"}}) {{ class {{ id }} }} }}'
    )
    for body in (
        {"query": f"query {name} {{ {name}: courses {{ code }} }}", "operationName": name},
        {"query": changed},
        {"query": f"query {name} {{ {name} }}"},
        {"query": "{ courses { code } }", "operationName": name},
        {"query": name},
        {name: name},
    ):
        await gateway.post("/graphql", json=body, headers={"X-Service-ID": name, "X-Correlation-ID": str(unique)})
    await gateway.get(f"/{name}/{unique}")
    await gateway.get(f"/bff/v1/{name}")
    await gateway.request(f"M{n}", "/graphql")
    await gateway.get("/graphql", params={"query": "{ courses { code } }"}, headers={"Authorization": f"Bearer {name}"})


@pytest.fixture
async def strange() -> AsyncIterator[httpx.AsyncClient]:
    """Over upstreams that answer each call with another status and code."""
    calls: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        calls[request.method] += 1
        n = calls[request.method]
        return httpx.Response(STATUSES[n % len(STATUSES)], json={"error": {"code": f"CODE_{n}", "message": "m"}})

    with respx.mock:
        respx.route(host__regex=r"(cms|ras)\.test").mock(side_effect=answer)
        async with client(create_app(GATEWAY, mockable()), bearer()) as made:
            yield made


async def test_the_number_of_series_is_the_same_whatever_is_sent(strange: httpx.AsyncClient) -> None:
    for n in range(30):  # all statuses, of each endpoint
        await sent(strange, n)
    await strange.get("/metrics")
    before = await samples(strange, "")
    for n in range(30, 330):
        await sent(strange, n)
    after = await samples(strange, "")
    assert set(after) == set(before)
    assert after["graphql_operation_duration_seconds_count", "ad-hoc", "failed", "query"] > 150
    text = (await strange.get("/metrics")).text
    assert "Name" not in text
    assert "CODE_" not in text
