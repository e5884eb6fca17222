"""The REST dashboard: the shape of the REST backend-for-frontend, from a document of the graph."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import respx

from cms_service.contract import AssociationStatus
from ras_service.contract import PhaseName
from ras_service.lifecycle import BatchState
from tests.support.apps import bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.given import NOON, OTHER, a_class, association, batch, batches, minutes

PATH = "/bff/v1/teacher/dashboard"
KNOWN = "pending_content, ready, processing, completed_successfully, completed_with_failures, failed, cancelled"

Json = dict[str, Any]


async def page(gateway: httpx.AsyncClient, **params: Any) -> Json:
    answer = await gateway.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("application/json", "no-store")
    body: Json = answer.json()
    return body


def row(batch_id: UUID, **changes: Any) -> Json:
    """As a batch of `given` is shown."""
    plain = {
        "batch_id": str(batch_id),
        "title": "Nationella provet",
        "class_name": None,
        "status": "processing",
        "total_essays": 0,
        "completed_essays": 0,
        "failed_essays": 0,
        "created_at": "2026-09-14T12:00:00Z",
        "completed_at": None,
        "processing_phase": None,
        "deviation_count": None,
        "auto_confirm_deadline": None,
    }
    return plain | changes


async def test_the_dashboard(gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "ENG6B")
    matched, running_, untitled = await batches(
        ras_database,
        batch(state=BatchState.AWAITING_STUDENT_VALIDATION, created_at=NOON + timedelta(microseconds=1500)),
        batch(
            title="Argumenterande text",
            current_phase=PhaseName.CJ_ASSESSMENT,
            essay_count=7,
            completed_essay_count=2,
            failed_essay_count=1,
        ),
        batch(
            title=None,
            state=BatchState.COMPLETED_WITH_FAILURES,
            created_at=minutes(-1),
            processing_completed_at=minutes(9),
        ),
    )
    await batches(ras_database, batch(user_id=OTHER))
    pending = {"validation_status": AssociationStatus.PENDING_VALIDATION}
    await cms_database.add(
        association(matched, class_id, **pending),
        association(matched, class_id, **pending, created_at=minutes(-30)),
        association(matched, class_id),
        association(running_, class_id),
    )

    assert await page(gateway) == {
        "batches": [
            row(
                matched,
                class_name="ENG6B",
                created_at="2026-09-14T12:00:00.001500Z",
                deviation_count=2,
                auto_confirm_deadline="2026-09-15T11:30:00Z",
            ),
            row(
                running_,
                title="Argumenterande text",
                class_name="ENG6B",
                total_essays=7,
                completed_essays=2,
                failed_essays=1,
                processing_phase="cj_assessment",
                deviation_count=0,
            ),
            row(
                untitled,
                title="Untitled Batch",
                status="completed_with_failures",
                created_at="2026-09-14T11:59:00Z",
                completed_at="2026-09-14T12:09:00Z",
            ),
        ],
        "total_count": 3,
        "limit": 20,
        "offset": 0,
    }


async def test_moments_are_written_as_ras_writes_them(
    gateway: httpx.AsyncClient, ras: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    moments = [minutes(0), minutes(1) + timedelta(microseconds=1), minutes(2) + timedelta(milliseconds=120)]
    await batches(ras_database, *(batch(created_at=each, processing_completed_at=each) for each in moments))
    there = (await ras.get("/internal/v1/batches/user/teacher-1")).json()["batches"]
    here = (await page(gateway))["batches"]
    assert [(each["created_at"], each["completed_at"]) for each in here] == [
        (each["created_at"], each["processing_completed_at"]) for each in there
    ]


async def test_an_empty_list(gateway: httpx.AsyncClient) -> None:
    assert await page(gateway) == {"batches": [], "total_count": 0, "limit": 20, "offset": 0}


async def test_pages_by_number(gateway: httpx.AsyncClient, ras_database: RolledBack) -> None:
    made = await batches(ras_database, *(batch(created_at=minutes(-n)) for n in range(5)))
    found = await page(gateway, limit=2, offset=3)
    assert [each["batch_id"] for each in found.pop("batches")] == [str(each) for each in made[3:]]
    assert found == {"total_count": 5, "limit": 2, "offset": 3}
    assert await page(gateway, limit=100, offset=5) == {"batches": [], "total_count": 5, "limit": 100, "offset": 5}


async def test_a_status_means_every_state_that_it_stands_for(
    gateway: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    await batches(ras_database, *(batch(state=state) for state in BatchState))
    everything = await page(gateway, limit=100)
    assert everything["total_count"] == len(BatchState)
    shown = {each["status"] for each in everything["batches"]}
    for status in shown:
        some = await page(gateway, status=status)
        assert some["batches"] == [each for each in everything["batches"] if each["status"] == status]
        assert some["total_count"] == len(some["batches"]) > 0
    assert shown == set(KNOWN.split(", "))
    two = await page(gateway, status=["ready", "failed"])
    assert {each["status"] for each in two["batches"]} == {"ready", "failed"}


LIMIT = ("limit", "must be a whole number from 1 to 100")
OFFSET = ("offset", "must be a whole number from 0 to 2147483647")
BAD_STATUS = ("status", f"must be one of {KNOWN}")


@pytest.mark.parametrize(
    ("query", "status", "wrong"),
    [
        ("limit=0", 422, [LIMIT]),
        ("limit=101", 422, [LIMIT]),
        ("limit=-1", 422, [LIMIT]),
        ("limit=x", 422, [LIMIT]),
        ("limit=", 422, [LIMIT]),
        ("limit=1.5", 422, [LIMIT]),
        (f"limit={'9' * 5000}", 422, [LIMIT]),
        ("offset=-1", 422, [OFFSET]),
        ("offset=2147483648", 422, [OFFSET]),
        ("limit=0&offset=-1", 422, [LIMIT, OFFSET]),
        ("status=done", 400, [BAD_STATUS]),
        ("status=PROCESSING", 400, [BAD_STATUS]),
        ("status=", 400, [BAD_STATUS]),
        ("status=ready&status=done", 400, [BAD_STATUS]),
        ("status=done&offset=-1", 422, [OFFSET, BAD_STATUS]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
@respx.mock(assert_all_called=False)
async def test_a_bad_parameter_is_named_with_its_limits(
    respx_mock: respx.MockRouter, query: str, status: int, wrong: list[tuple[str, str]]
) -> None:
    async with client(gateway_app(None, None), bearer()) as gateway:
        answer = await gateway.get(f"{PATH}?{query}")
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error == {
        "code": "VALIDATION_ERROR",
        "message": "; ".join(f"{name} {message}" for name, message in wrong),
        "correlation_id": answer.headers["X-Correlation-ID"],
        "fields": [{"field": name, "message": message} for name, message in wrong],
    }
    assert respx_mock.calls.call_count == 0


class Counted(httpx.AsyncBaseTransport):
    """Notes what is asked of a service."""

    def __init__(self, through: httpx.AsyncBaseTransport) -> None:
        self.through = through
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path))
        return await self.through.handle_async_request(request)


@asynccontextmanager
async def counted(cms: RolledBack, ras: RolledBack) -> AsyncIterator[tuple[httpx.AsyncClient, Counted, Counted]]:
    async with running(cms_app(cms)) as to_cms, running(ras_app(ras)) as to_ras:
        in_cms, in_ras = Counted(to_cms), Counted(to_ras)
        async with client(gateway_app(in_cms, in_ras), bearer()) as gateway:
            yield gateway, in_cms, in_ras


@pytest.mark.parametrize("n", [1, 50, 100])
async def test_a_page_costs_one_call_to_ras_and_one_for_each_edge_into_cms(
    cms_database: RolledBack, ras_database: RolledBack, n: int
) -> None:
    await batches(ras_database, *(batch() for _ in range(n)))
    async with counted(cms_database, ras_database) as (gateway, in_cms, in_ras):
        assert len((await page(gateway, limit=100))["batches"]) == n
    edges = [f"/internal/v1/batches/{each}" for each in ("class-info", "validation-status")]
    assert in_ras.asked == [("GET", "/internal/v1/batches/user/teacher-1")]
    assert sorted(in_cms.asked) == [("GET", each) for each in edges]


async def test_what_is_refused_costs_nothing(cms_database: RolledBack, ras_database: RolledBack) -> None:
    async with counted(cms_database, ras_database) as (gateway, in_cms, in_ras):
        assert (await gateway.get(PATH, params={"status": "done"})).status_code == 400
        assert (await gateway.post(PATH)).status_code == 405
        assert (await gateway.get("/bff/v1/teacher")).status_code == 404
        assert (await page(gateway))["batches"] == []
    assert (len(in_ras.asked), in_cms.asked) == (1, [])
