"""What each mode takes, by whichever way it comes."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.http.media import GRAPHQL, JSON
from tests.gateway.trusted_callers import (
    FOUND,
    OTHER,
    VIEWER,
    WAYS,
    Asked,
    Told,
    by_post,
    document_id,
    manifest,
    persisted,
    serving,
    with_roles,
)
from tests.support.apps import bearer
from tests.support.given import TEACHER

BY_EACH_WAY = pytest.mark.parametrize("way", WAYS)

DATA: Told = (FOUND, None)
OF_OTHER: Told = ({"viewer": {"id": TEACHER}}, None)
UNKNOWN: Told = (None, "PERSISTED_QUERY_NOT_FOUND")
UNSUPPORTED: Told = (None, "PERSISTED_QUERY_NOT_SUPPORTED")
REFUSED: Told = (None, "AUTHORIZATION_ERROR")
WRONG: Told = (None, "VALIDATION_ERROR")

KNOWN_ID: Asked = {"documentId": document_id(VIEWER)}
OTHER_ID: Asked = {"documentId": document_id(OTHER)}


@pytest.fixture(scope="module")
async def off() -> AsyncIterator[str]:
    async with serving(trusted_documents="off") as url:
        yield url


@pytest.fixture(scope="module")
async def prefer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    path = manifest(tmp_path_factory.mktemp("prefer") / "manifest.json", VIEWER)
    async with serving(trusted_documents_files=(path,)) as url:
        yield url


@pytest.fixture(scope="module")
async def only(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    path = manifest(tmp_path_factory.mktemp("only") / "manifest.json", VIEWER)
    changes = {"trusted_documents": "only", "trusted_documents_exempt_roles": ("developer",)}
    async with serving(trusted_documents_files=(path,), **changes) as url:
        yield url


IN_ANY_MODE: dict[str, tuple[Asked, Told]] = {
    "nothing": ({}, WRONG),
    "an empty text": ({"query": ""}, WRONG),
    "no hash": ({"documentId": "viewer"}, WRONG),
    "a hash that is too short": ({"documentId": document_id(VIEWER)[:-1]}, WRONG),
    "a hash in upper case": ({"documentId": f"sha256:{document_id(VIEWER)[7:].upper()}"}, WRONG),
    "a hash with a line break": ({"documentId": f"{document_id(VIEWER)}\n"}, WRONG),
    "another prefix": ({"documentId": document_id(VIEWER).replace("sha256", "x-mine")}, WRONG),
    "another document's id": ({**OTHER_ID, "query": VIEWER}, WRONG),
    "another document's hash": ({**persisted(OTHER), "query": VIEWER}, WRONG),
    "two ids": ({**KNOWN_ID, **persisted(OTHER)}, WRONG),
    "an unknown version": ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}}, WRONG),
    "an extension without hash": ({"extensions": {"persistedQuery": {"version": 1}}}, WRONG),
    "an extension that is a text": ({"extensions": {"persistedQuery": "x"}}, WRONG),
    "a trusted text": ({"query": VIEWER}, DATA),
    "a trusted text and an extension of others": ({"query": VIEWER, "extensions": {"x": 1}}, DATA),
}


@BY_EACH_WAY
async def test_in_any_mode(off: str, prefer: str, only: str, way: str) -> None:
    for url in (off, prefer, only):
        told = {case: await WAYS[way](url, asked, bearer()) for case, (asked, _) in IN_ANY_MODE.items()}
        assert told == {case: expected for case, (_, expected) in IN_ANY_MODE.items()}


@BY_EACH_WAY
async def test_off_takes_texts(off: str, way: str) -> None:
    ask = WAYS[way]
    assert await ask(off, {"query": OTHER}, bearer()) == OF_OTHER
    assert await ask(off, KNOWN_ID, bearer()) == UNSUPPORTED
    assert await ask(off, {**KNOWN_ID, "query": VIEWER}, bearer()) == UNSUPPORTED
    assert await ask(off, {**KNOWN_ID, **persisted(VIEWER), "query": VIEWER}, bearer()) == UNSUPPORTED


@BY_EACH_WAY
async def test_prefer_takes_both(prefer: str, way: str) -> None:
    ask = WAYS[way]
    assert await ask(prefer, KNOWN_ID, bearer()) == DATA
    assert await ask(prefer, {**KNOWN_ID, "query": ""}, bearer()) == DATA
    assert await ask(prefer, {**KNOWN_ID, "operationName": "Who"}, bearer()) == DATA
    assert await ask(prefer, {**KNOWN_ID, "query": VIEWER, **persisted(VIEWER)}, bearer()) == DATA
    assert await ask(prefer, persisted(VIEWER), bearer()) == DATA
    assert await ask(prefer, {"documentId": f"sha256:{'0' * 64}"}, bearer()) == UNKNOWN
    assert await ask(prefer, {"query": OTHER}, bearer()) == OF_OTHER


@BY_EACH_WAY
async def test_only_takes_trusted_documents(only: str, way: str) -> None:
    ask = WAYS[way]
    assert await ask(only, KNOWN_ID, bearer()) == DATA
    assert await ask(only, persisted(VIEWER), bearer()) == DATA
    assert await ask(only, {**persisted(VIEWER), "query": VIEWER}, bearer()) == DATA
    assert await ask(only, OTHER_ID, bearer()) == UNKNOWN
    assert await ask(only, persisted(OTHER), bearer()) == UNSUPPORTED
    for text in (OTHER, VIEWER + " ", "{ __schema { queryType { name } } }", "{ nothing }", "}"):
        assert await ask(only, {"query": text}, bearer()) == REFUSED
    # With its hash a text is refused as well, and the hash stands for nothing afterwards.
    assert await ask(only, {**persisted(OTHER), "query": OTHER}, bearer()) == REFUSED
    assert await ask(only, {**OTHER_ID, "query": OTHER}, bearer()) == REFUSED
    assert await ask(only, OTHER_ID, bearer()) == UNKNOWN


@BY_EACH_WAY
async def test_only_takes_everything_of_an_exempt_role_and_keeps_nothing_of_it(only: str, way: str) -> None:
    ask, developer = WAYS[way], with_roles("teacher", "developer")
    assert await ask(only, {"query": OTHER}, developer) == OF_OTHER
    assert await ask(only, {"query": OTHER}, with_roles("teacher", "Developer", "developers")) == REFUSED
    assert await ask(only, {**persisted(OTHER), "query": OTHER}, developer) == OF_OTHER
    assert await ask(only, persisted(OTHER), developer) == UNSUPPORTED
    assert await ask(only, OTHER_ID, developer) == UNKNOWN


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"WebSocket"}))  # which is closed before anything can be asked
async def test_nobody_learns_without_a_token_what_is_known(prefer: str, only: str, way: str) -> None:
    for asked in (KNOWN_ID, OTHER_ID, persisted(VIEWER), {"query": VIEWER}):
        for url in (prefer, only):
            assert await WAYS[way](url, asked, {}) == (None, "AUTHENTICATION_ERROR")


async def test_graphiql_is_of_an_exempt_role(tmp_path: Path) -> None:
    """It is there in development alone."""
    files = (manifest(tmp_path / "manifest.json", VIEWER),)
    changes = {"trusted_documents_exempt_roles": ("developer",), "graphiql_teacher": TEACHER}
    async with serving(trusted_documents="only", trusted_documents_files=files, **changes) as url:
        async with httpx.AsyncClient(trust_env=False) as browser:
            page = await browser.get(f"{url}/graphql", headers={"Accept": "text/html"})
        found = re.search(r'"Authorization": "(Bearer [^"]+)"', page.text)
        assert found
        assert await by_post(url, {"query": OTHER}, {"Authorization": found[1]}) == OF_OTHER
        assert await by_post(url, {"query": OTHER}, bearer()) == REFUSED


async def test_the_gateways_own_documents_need_no_manifest(only: str) -> None:
    async with httpx.AsyncClient(trust_env=False, headers=bearer()) as client:
        answer = await client.get(f"{only}/bff/v1/teacher/dashboard")
    assert answer.json()["error"]["code"] == "EXTERNAL_SERVICE_ERROR"  # there is no upstream


async def test_the_status_of_a_refusal_is_its_own(only: str) -> None:
    statuses = {}
    for accept in (JSON, GRAPHQL):
        async with httpx.AsyncClient(trust_env=False, headers=bearer() | {"Accept": accept}) as client:
            asked = ({"query": OTHER}, OTHER_ID, persisted(OTHER), {"query": VIEWER})
            statuses[accept] = [(await client.post(f"{only}/graphql", json=each)).status_code for each in asked]
    assert statuses == {JSON: [200] * 4, GRAPHQL: [403, 404, 400, 200]}
