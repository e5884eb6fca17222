"""The gateway, CMS and RAS over real HTTP, and what a collector is told of a request."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway.documents import document
from tests.support.apps import KEY, bearer
from tests.support.collector import Collector, Told, collecting
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.ports import free_port
from tests.support.school import a_school
from tests.support.traced import System

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
BATCHES = "/internal/v1/batches/user/{user_id}"
CLASSES = "/internal/v1/batches/class-info"
STATUSES = "SELECT batch_counts batch_results"
CLASS_OF = "SELECT essay_student_associations batch_classes classes"
NAMED = """
query Named($first: Int!) { batches(first: $first) { nodes { title essays(first: 2) { nodes { filename } } } } }
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


@pytest.fixture
def system(cms_database: RolledBack, ras_database: RolledBack, collector: Collector) -> System:
    return System(cms_database, ras_database, collector)


async def ask(client: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None, **variables: Any) -> Any:
    answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return answer.json()["data"]


def top(collector: Collector) -> Told:
    (found,) = collector.named("POST /graphql")
    return found


def remote_call(service: str, method: str, path: str, *sql: str) -> Any:
    """A call, what answers it there, and the statements of that."""
    statements: list[Any] = [{f"{service}: {each}": []} for each in sql]
    return {f"gateway: {method} {path}": [{f"{service}: {method} {path}": statements}]}


CMS, RAS = "class_management_service", "result_aggregator_service"


async def test_one_trace_goes_from_the_request_to_the_statements_of_the_services(system: System) -> None:
    await a_school(system.cms, system.ras)
    async with system.running() as client:
        data = await ask(client, document("dashboard"), {"traceparent": f"00-{TRACE}-{CALLER}-01"})
    assert data["batches"]["nodes"][0]["classInfo"]

    spans = system.collector.spans
    assert {each.trace_id for each in spans} == {TRACE}
    assert top(system.collector).parent_id == CALLER
    assert system.collector.tree(top(system.collector)) == {
        "gateway: POST /graphql": [
            {"gateway: GraphQL Document Parsing": []},
            {"gateway: GraphQL Document Validation": []},
            {
                "gateway: query": [
                    {
                        "gateway: GraphQL Operation Execution": [
                            remote_call(RAS, "GET", BATCHES, STATUSES),
                            {"gateway: load class_info_by_batch": [remote_call(CMS, "GET", CLASSES, CLASS_OF)]},
                        ]
                    }
                ]
            },
        ]
    }


async def test_what_each_span_tells(system: System) -> None:
    await a_school(system.cms, system.ras)
    async with system.running() as client:
        await ask(client, NAMED, first=3)

    collector = system.collector
    request, (operation,), (batch,) = top(collector), collector.named("query"), collector.named("load essays_by_batch")
    assert request.attributes == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "http.route": "/graphql",
        "http.response.status_code": 200,
    }
    assert (request.kind, operation.kind, batch.kind) == ("server", "server", "internal")
    named = {"graphql.operation.type": "query", "graphql.operation.name": "Named"}
    assert operation.attributes == named
    assert collector.named("GraphQL Operation Execution")[0].attributes == named
    assert batch.attributes == {"graphql.loader.name": "essays_by_batch", "graphql.loader.keys": 3}


async def test_of_an_operations_name_no_more_is_kept_than_the_beginning(system: System) -> None:
    async with system.running() as client:
        await ask(client, f"query {'x' * 10_000} {{ __typename }}")

    (operation,) = system.collector.named("query")
    assert operation.attributes["graphql.operation.name"] == "x" * 255


async def test_no_span_tells_who_or_what_it_was_about(system: System) -> None:
    await a_school(system.cms, system.ras)
    query = """{
        viewer { userId }
        classes { nodes { name students { nodes { legalFullName firstName email } } } }
        batches { nodes { title essays { nodes { filename student { email } } } classInfo { className } } }
        sought: students(search: "Elev-1") { nodes { legalFullName } }
    }"""
    async with system.running() as client:
        data = await ask(client, query)

    everything = json.dumps([[each.name, each.attributes, each.state] for each in system.collector.spans])
    assert len(texts(data)) > 15
    for secret in [*texts(data), "Elev-1", TEACHER, KEY, bearer()["Authorization"].removeprefix("Bearer ")]:
        assert secret not in everything


def texts(answer: Any) -> set[str]:
    if isinstance(answer, dict):
        return {text for each in answer.values() for text in texts(each)}
    if isinstance(answer, list):
        return {text for each in answer for text in texts(each)}
    return {answer} if isinstance(answer, str) else set()


async def test_a_trace_that_is_not_recorded_is_so_everywhere_but_goes_on(system: System) -> None:
    async with system.running() as client:
        await ask(client, document("dashboard"), {"traceparent": f"00-{TRACE}-{CALLER}-00"})

    assert system.collector.requests == []


@pytest.mark.parametrize(
    "given", ["", f"00-{TRACE}-{CALLER}", f"00-{'0' * 32}-{CALLER}-01", "\xff", "00-" + "a" * 9000]
)
async def test_a_malformed_parent_is_dropped(system: System, given: str) -> None:
    async with system.running() as client:
        answer = await client.get(
            "/graphql", params={"query": "{ __typename }"}, headers=[(b"traceparent", given.encode("latin-1"))]
        )
        assert answer.status_code == 200

    (request,) = system.collector.named("GET /graphql")
    assert request.parent_id == ""
    assert request.trace_id != TRACE


async def test_the_ratio_is_for_what_begins_here(system: System) -> None:
    settings = {"traces_sampler": "parentbased_traceidratio", "traces_sampler_ratio": 0.0}
    async with system.running(**settings) as client:
        await ask(client, document("dashboard"))
        await ask(client, document("dashboard"), {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"})

    assert {each.trace_id for each in system.collector.spans} == {TRACE}
    assert {each.state for each in system.collector.spans} == {"vendor=1"}
    services = {each.service for each in system.collector.named(f"GET {BATCHES}")}
    assert services == {"gateway", RAS}


async def test_what_fails_is_told_by_codes(system: System) -> None:
    async with system.running(ras_base_url=f"http://127.0.0.1:{free_port()}") as client:
        answer = await client.post("/graphql", json={"query": "{ batches { totalCount } }"})
        assert answer.json()["errors"][0]["extensions"]["code"] == "EXTERNAL_SERVICE_ERROR"
        await client.post("/graphql", json={"query": "{ batches { secret } }"})
        await client.post("/graphql", json={"query": "{ batches("}, headers={"Authorization": "Bearer nonsense"})
        await client.post("/graphql", json={"query": "{ batches("})

    failed = {each.name: each.attributes["error.type"] for each in system.collector.spans if each.failed}
    assert failed == {
        f"GET {BATCHES}": "unreachable",
        "query": "EXTERNAL_SERVICE_ERROR",
        "GraphQL Document Validation": "GraphQLError",
        "GraphQL Document Parsing": "GraphQLSyntaxError",
    }
    statuses = [each.attributes["http.response.status_code"] for each in system.collector.named("POST /graphql")]
    assert sorted(statuses) == [200, 200, 200, 401]


async def test_documents_over_rest_are_traced_under_their_route(system: System) -> None:
    async with system.running() as client:
        assert (await client.get("/bff/v1/teacher/dashboard")).status_code == 200
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get(f"/{TEACHER}")).status_code == 404

    tops = {each.name: each for each in system.collector.spans if each.kind == "server" and not each.parent_id}
    assert tops.keys() == {"GET /bff/v1/teacher/dashboard", "GET"}
    (operation,) = system.collector.under(tops["GET /bff/v1/teacher/dashboard"])[-1:]
    assert operation.name == "query"


async def test_with_a_collector_that_is_away_all_is_answered(system: System) -> None:
    async with system.running(otlp_endpoint=f"http://127.0.0.1:{free_port()}") as client:
        assert await ask(client, "{ batches { totalCount } }") == {"batches": {"totalCount": 0}}
