"""`POST /internal/v1/events`, and a service that publishes to another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from kit.events.handling import Handlers
from kit.events.outbox import Event
from kit.service import service_app
from kit.updates import Updates
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.kit.events.incoming import KIND, Happened, Marks, envelope, fault
from tests.kit.events.outboxes import KIND as PUBLISHED
from tests.kit.events.outboxes import Outboxed
from tests.kit.events.subscriber import serving, until
from tests.support.apps import INTERNAL, KEY, UNUSED_URL, client
from tests.support.databases import Databases
from tests.support.ports import free_port

PATH = "/internal/v1/events"


def service(url: str, handlers: Handlers, **settings: Any) -> Starlette:
    chosen = RasSettings(internal_api_key=SecretStr(KEY), database_url=url, **settings)
    return service_app(
        chosen, None, title="Tests", migrations="ras", internal=[], updates=Updates(), handlers=handlers, subscribers={}
    )


@asynccontextmanager
async def called(outboxed: Outboxed, marks: Marks) -> AsyncIterator[httpx.AsyncClient]:
    async with client(service(outboxed.url, marks.table), INTERNAL) as made:
        yield made


async def test_a_list_is_answered_event_by_event(outboxed: Outboxed) -> None:
    once, bad = envelope(), fault("unprocessable")
    async with called(outboxed, Marks()) as service:
        answer = await service.post(PATH, json=[once, once, bad, envelope("x.v1"), {}])
    assert (answer.status_code, answer.json()) == (
        202,
        {
            "accepted": 2,
            "duplicates": 1,
            "dead": [
                {"index": 2, "event_id": bad["event_id"], "reason": "the class is unknown"},
                {"index": 4, "event_id": None, "reason": "Object missing required field `event_id`"},
            ],
        },
    )


async def test_a_single_envelope_will_do(outboxed: Outboxed) -> None:
    bodies: list[Any] = [envelope(), [], {"no": "envelope"}]
    async with called(outboxed, Marks()) as service:
        answers = [await service.post(PATH, json=body) for body in bodies]
    assert [(each.status_code, each.json()["accepted"], len(each.json()["dead"])) for each in answers] == [
        (202, 1, 0),
        (202, 0, 0),
        (202, 0, 1),
    ]


@pytest.mark.parametrize("body", [b"", b"5", b'"x"', b"null", b"true", b"[1,", b"\xff", b"{", b"[" * 100_000])
async def test_only_a_body_that_is_neither_envelope_nor_list_is_400(outboxed: Outboxed, body: bytes) -> None:
    async with called(outboxed, Marks()) as service:
        answer = await service.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert await outboxed.rows("SELECT count(*) FROM dead_letters") == [(0,)]


async def test_limits_are_a_thousand_events_and_4_mib(outboxed: Outboxed) -> None:
    padding = "x" * 4000
    async with called(outboxed, Marks()) as service:
        full = await service.post(PATH, json=[envelope() for _ in range(1000)])
        long = await service.post(PATH, json=[envelope() for _ in range(1001)])
        large = await service.post(PATH, json=[envelope(padding=padding) for _ in range(900)])
        larger = await service.post(PATH, json=[envelope(padding=padding) for _ in range(1000)])
    assert [each.status_code for each in (full, long, large, larger)] == [202, 413, 202, 413]
    assert (full.json()["accepted"], large.json()["accepted"]) == (1000, 900)


async def test_refusals_of_every_endpoint_hold_here_too(outboxed: Outboxed) -> None:
    async with called(outboxed, Marks()) as service:
        typed = await service.post(PATH, content=b"[]", headers={"Content-Type": "text/plain"})
        read = await service.get(PATH)
        service.headers.pop("X-Internal-API-Key")
        stranger = await service.post(PATH, json=[])
    assert [each.status_code for each in (typed, read, stranger)] == [415, 405, 401]


async def test_without_a_database_it_is_503(outboxed: Outboxed) -> None:
    async with client(service(UNUSED_URL, Marks().table), INTERNAL) as lost:
        known = await lost.post(PATH, json=[envelope()])
        broken = await lost.post(PATH, json=[{}])
    assert [(each.status_code, each.json()["error"]["code"]) for each in (known, broken)] == [
        (503, "SERVICE_UNAVAILABLE")
    ] * 2


async def test_from_one_services_outbox_to_the_others_handlers(outboxed: Outboxed, databases: Databases) -> None:
    """Two whole services over sockets: as soon as it is committed here it takes effect there, once and in order."""
    marks, port = Marks(), free_port()
    receiving = service(await migrated(databases, "ras"), {PUBLISHED: marks.table[KIND]})
    publishing = service(
        outboxed.url, {}, event_subscribers={PUBLISHED: [f"http://127.0.0.1:{port}{PATH}"]}, event_poll_seconds=60
    )
    aggregates = [uuid4() for _ in range(40)]
    async with serving(receiving, port), publishing.router.lifespan_context(publishing):
        await asyncio.gather(*(_change(outboxed, each) for each in aggregates for _ in range(5)))
        await until(lambda: len(marks.handled) == 200)
        await outboxed.published()
    found = [each.aggregate for each in marks.handled]
    for aggregate in aggregates:
        versions = [each.aggregate_version for each in found if each and each.aggregate_id == aggregate]
        assert versions == [1, 2, 3, 4, 5]


async def _change(outboxed: Outboxed, aggregate: UUID) -> None:
    async with outboxed.database.write() as connection:
        await outboxed.outbox.publish(connection, Event(PUBLISHED, aggregate, Happened(aggregate)))
