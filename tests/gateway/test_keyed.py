"""Many keys: so many to a call, and a call that fails takes its own keys along only."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import respx

from gateway.context import Context, Identity, make_upstreams
from gateway.upstreams.keyed import MAX_ITEMS
from gateway.upstreams.through_httpx import HttpxSender
from gateway.windows import Window
from kit.call import begin_call, current_call
from kit.errors import ExternalServiceError, UnavailableError, ValidationError
from tests.support.apps import GATEWAY

CMS = "http://cms.test/internal/v1"
EMPTY = {"items": [], "total": 0, "next": None, "cursors": []}


@pytest.fixture(autouse=True)
def in_a_call() -> Iterator[None]:
    token = current_call.set(begin_call(None, None, 10))
    yield
    current_call.reset(token)


@pytest.fixture
async def context() -> AsyncIterator[Context]:
    async with httpx.AsyncClient(base_url="http://cms.test") as upstream:
        sender = HttpxSender(upstream, 4_194_304)
        yield make_upstreams(GATEWAY, sender, sender).context(Identity("teacher-1", None, ()))


def made(context: Context) -> list[tuple[str, int]]:
    return [(call.method, call.keys) for call in context.session.calls]


def sent(request: httpx.Request) -> list[str]:
    [ids] = [value for value in json.loads(request.content).values() if isinstance(value, list)]
    return [str(each) for each in ids]


def answers(value: Any) -> Any:
    return lambda request: httpx.Response(200, json=dict.fromkeys(sent(request), value))


def several(n: int) -> list[UUID]:
    return [uuid4() for _ in range(n)]


@respx.mock
async def test_a_thousand_ids_go_to_a_call(context: Context) -> None:
    respx.post(f"{CMS}/students/lookup").mock(side_effect=answers(None))
    ids = several(2001)
    assert await context.cms.students_by_id(ids) == [None] * 2001
    assert made(context) == [("POST", 1000), ("POST", 1000), ("POST", 1)]


@respx.mock
async def test_ids_that_fit_into_a_url_go_by_get(context: Context) -> None:
    ids = several(201)
    found = {str(each): None for each in ids}
    for path in ("class-info", "validation-status"):
        respx.get(f"{CMS}/batches/{path}").respond(json=found)
        respx.post(f"{CMS}/batches/{path}").respond(json=found)
    for read in (context.cms.class_info, context.cms.validation):
        for n in (200, 201):
            assert await read(ids[:n]) == [None] * n
    assert made(context) == [("GET", 200), ("POST", 201)] * 2


@respx.mock
@pytest.mark.parametrize(
    ("first", "parents", "chunks"),
    [(1, 1001, [1000, 1]), (2, 1001, [1000, 1]), (20, 126, [125, 1]), (100, 26, [25, 1])],
)
async def test_pages_of_one_call_fit_into_an_answer(
    context: Context, first: int, parents: int, chunks: list[int]
) -> None:
    respx.post(f"{CMS}/classes/rosters").mock(side_effect=answers(EMPTY))
    found = await context.cms.rosters(several(parents), Window(first, None))
    assert len(found) == parents
    assert [keys for _, keys in made(context)] == chunks
    assert chunks[0] * first <= MAX_ITEMS


@respx.mock
async def test_a_call_that_fails_takes_its_own_keys_along(context: Context) -> None:
    ids = several(1500)

    def half(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503) if str(ids[0]) in sent(request) else answers(None)(request)

    respx.post(f"{CMS}/classes/lookup").mock(side_effect=half)
    found = await context.cms.classes_by_id(ids)
    assert found[1000:] == [None] * 500
    assert {type(each) for each in found[:1000]} == {UnavailableError}


@respx.mock
async def test_a_key_that_is_not_answered_is_no_null(context: Context) -> None:
    known, left_out = several(2)
    respx.post(f"{CMS}/classes/lookup").respond(json={str(known): None, str(uuid4()): None})
    nothing, error = await context.cms.classes_by_id([known, left_out])
    assert nothing is None
    assert isinstance(error, ExternalServiceError)
    assert (error.service, error.message) == ("cms", "The class management service did not answer as it should.")


@respx.mock
async def test_a_refused_cursor_is_the_clients_and_no_other_refusal_is(context: Context) -> None:
    [class_id], asked = several(1), Window(20, "x")
    route = respx.post(f"{CMS}/classes/rosters")
    for field, error in (("after", ValidationError), ("class_ids.0", ExternalServiceError)):
        route.respond(400, json={"error": {"code": "VALIDATION_ERROR", "fields": [{"field": field, "message": "no"}]}})
        [found] = await context.cms.rosters([class_id], asked)
        assert isinstance(found, error)
