"""Automatic persisted queries: a hash, then the hash with its text, then the hash alone."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.http.media import GRAPHQL, JSON
from tests.gateway.trusted_callers import FOUND, VIEWER, Asked, document_id, in_url, persisted
from tests.support.apps import GATEWAY, bearer, client

NOT_FOUND = "PersistedQueryNotFound"
INVALID = "{ nothing }"


@pytest.fixture
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    """One that has seen nothing yet."""
    async with client(create_app(GATEWAY), bearer()) as made:
        yield made


def gateway_of(**changes: Any) -> Any:
    return client(create_app(GATEWAY.model_copy(update=changes)), bearer())


async def outcome(gateway: httpx.AsyncClient, asked: Asked, accept: str = JSON, **options: Any) -> tuple[int, Any]:
    """The status, and the data or the message of the one error."""
    answer = await gateway.post("/graphql", json=asked, headers={"Accept": accept}, **options)
    assert answer.headers["Content-Type"].partition(";")[0] == accept
    body = answer.json()
    return answer.status_code, body["data"] if "data" in body else body["errors"][0]["message"]


@pytest.mark.parametrize("name", [persisted(VIEWER), {"documentId": document_id(VIEWER)}], ids=["Apollo's", "ours"])
async def test_a_text_that_came_with_its_hash_is_known_by_it(gateway: httpx.AsyncClient, name: Asked) -> None:
    first = await gateway.post("/graphql", json=name)
    assert first.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert await outcome(gateway, {**name, "query": VIEWER}) == (200, FOUND)
    for known in (persisted(VIEWER), {"documentId": document_id(VIEWER)}):
        assert await outcome(gateway, known) == (200, FOUND)
        assert (await gateway.get("/graphql", params=in_url(known))).json()["data"] == FOUND


async def test_apollos_clients_read_the_message_and_the_status(gateway: httpx.AsyncClient) -> None:
    """Some of them read no answer whose status is not 200."""
    assert await outcome(gateway, persisted(VIEWER)) == (200, NOT_FOUND)
    status, message = await outcome(gateway, persisted(VIEWER), GRAPHQL)
    assert (status // 100, message) == (4, NOT_FOUND)


async def test_a_get_may_bring_the_text_too(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/graphql", params=in_url({**persisted(VIEWER), "query": VIEWER}))
    assert answer.json()["data"] == FOUND
    assert await outcome(gateway, persisted(VIEWER)) == (200, FOUND)


async def test_a_hash_of_something_else_is_refused_and_keeps_nothing(gateway: httpx.AsyncClient) -> None:
    message = "extensions.persistedQuery is not the SHA-256 hash of query"
    for accept in (JSON, GRAPHQL):
        assert await outcome(gateway, {**persisted(INVALID), "query": VIEWER}, accept) == (400, message)
    for text in (VIEWER, INVALID):
        assert await outcome(gateway, persisted(text)) == (200, NOT_FOUND)


async def test_an_invalid_text_is_not_kept(gateway: httpx.AsyncClient) -> None:
    status, message = await outcome(gateway, {**persisted(INVALID), "query": INVALID})
    assert (status, message) == (200, "Cannot query field 'nothing' on type 'Query'.")
    assert await outcome(gateway, persisted(INVALID)) == (200, NOT_FOUND)


async def test_nothing_is_kept_without_a_token(gateway: httpx.AsyncClient) -> None:
    refused = await gateway.post(
        "/graphql", json={**persisted(VIEWER), "query": VIEWER}, headers={"Authorization": "Bearer x"}
    )
    assert refused.status_code == 401
    assert await outcome(gateway, persisted(VIEWER)) == (200, NOT_FOUND)


async def test_a_mutation_is_not_executed_by_get_under_its_hash_either(gateway: httpx.AsyncClient) -> None:
    text = 'mutation { createClass(input: {name: "SV1A", courseCode: SV1}) { userErrors { code } } }'
    for asked in ({**persisted(text), "query": text}, persisted(text)):
        answer = await gateway.get("/graphql", params=in_url(asked))
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


async def test_the_least_used_is_forgotten() -> None:
    texts = [f"{{ viewer {{ a{n}: userId }} }}" for n in range(4)]
    async with gateway_of(persisted_queries=2) as gateway:
        for text in texts:
            assert (await outcome(gateway, {**persisted(text), "query": text}))[0] == 200
        known = [await outcome(gateway, persisted(text)) for text in texts]
    assert [told == (200, NOT_FOUND) for told in known] == [True, True, False, False]


async def test_where_nothing_is_kept_clients_are_told_to_stop_asking() -> None:
    async with gateway_of(persisted_queries=0) as gateway:
        assert await outcome(gateway, persisted(VIEWER)) == (200, "PersistedQueryNotSupported")
        assert await outcome(gateway, {**persisted(VIEWER), "query": VIEWER}) == (200, FOUND)
        assert await outcome(gateway, persisted(VIEWER)) == (200, "PersistedQueryNotSupported")


async def test_they_work_where_no_document_is_trusted() -> None:
    async with gateway_of(trusted_documents="off") as gateway:
        assert await outcome(gateway, {**persisted(VIEWER), "query": VIEWER}) == (200, FOUND)
        assert await outcome(gateway, persisted(VIEWER)) == (200, FOUND)
