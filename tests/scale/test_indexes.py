"""The statements behind the dashboard, as PostgreSQL plans them at 100,000 batches."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.school import load_made
from cms_service.queries import lookups as cms_queries
from cms_service.tables import EssayAssociation
from kit.paging import Window
from ras_service import queries as ras_queries
from ras_service.contract import BatchStatus
from ras_service.lifecycle import states_of
from ras_service.tables import BatchResult
from tests.conftest import migrated
from tests.support.databases import Databases, RolledBack, rolled_back

TEACHERS, BATCHES = 50, 2_000
TEACHER = "teacher-00007"


@pytest.fixture(scope="module")
async def urls(databases: Databases) -> tuple[str, str]:
    cms, ras = await migrated(databases, "cms"), await migrated(databases, "ras")
    await load_made(cms, ras, teachers=TEACHERS, batches=BATCHES, essays=1, progress=lambda _: None)
    return cms, ras


@pytest.fixture
async def large_cms(urls: tuple[str, str]) -> AsyncIterator[RolledBack]:
    async with rolled_back(urls[0]) as database:
        yield database


@pytest.fixture
async def large_ras(urls: tuple[str, str]) -> AsyncIterator[RolledBack]:
    async with rolled_back(urls[1]) as database:
        yield database


async def plan_of(connection: AsyncConnection, sent: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of the last statement sent, executed once more."""
    statement, parameters = sent[-1]
    explained = await connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", tuple(parameters)
    )
    raw = explained.scalar_one()
    plan: dict[str, Any] = (json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def indexes(plan: dict[str, Any]) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def read_row_by_row(plan: dict[str, Any]) -> set[str]:
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"].endswith("Seq Scan")}


def pages_touched(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


async def test_the_dashboards_list_is_one_range_of_an_index_however_deep(large_ras: RolledBack) -> None:
    async with large_ras.read() as connection:
        deep = (
            await connection.execute(
                select(BatchResult.created_at, BatchResult.batch_id)
                .where(BatchResult.user_id == TEACHER)
                .order_by(BatchResult.created_at.desc(), BatchResult.batch_id.desc())
                .offset(BATCHES - 200)
                .limit(1)
            )
        ).one()
        touched = []
        for window in (Window(100, 0), Window(100, 0, tuple(deep))):
            with large_ras.statements() as sent:
                found, total = await ras_queries.page(connection, TEACHER, [], window)
            plan = await plan_of(connection, sent)
            assert (len(found), total) == (101, BATCHES)
            assert "batch_results_page_idx" in indexes(plan)
            assert read_row_by_row(plan) <= {"batch_counts"}
            touched.append(pages_touched(plan))
    assert touched[1] <= touched[0] + 20


@pytest.mark.parametrize(
    "statuses", [[BatchStatus.PROCESSING], [BatchStatus.READY, BatchStatus.FAILED], list(BatchStatus)]
)
async def test_a_status_filter_merges_ranges_of_its_index(large_ras: RolledBack, statuses: list[BatchStatus]) -> None:
    async with large_ras.read() as connection:
        with large_ras.statements() as sent:
            found, _ = await ras_queries.page(connection, TEACHER, states_of(statuses), Window(20, 0))
        plan = await plan_of(connection, sent)
    assert len(found) == 21
    assert "batch_results_state_page_idx" in indexes(plan)
    assert read_row_by_row(plan) <= {"batch_counts"}
    scanned = [node["Actual Rows"] * node["Actual Loops"] for node in nodes(plan) if "Index Name" in node]
    assert max(scanned) <= 50


async def test_class_info_touches_only_its_own_batches(large_cms: RolledBack) -> None:
    async with large_cms.read() as connection:
        batch_ids = (await connection.scalars(select(EssayAssociation.batch_id).distinct().limit(200))).all()
        with large_cms.statements() as sent:
            found = await cms_queries.class_info(connection, batch_ids)
        plan = await plan_of(connection, sent)
    assert sum(info is not None for info in found.values()) > 100
    assert "essay_student_associations_batch_idx" in indexes(plan)
    assert not read_row_by_row(plan) & {"essay_student_associations", "batch_classes"}
    assert pages_touched(plan) < 200 * 12
