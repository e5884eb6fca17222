"""The statements behind the dashboard, as PostgreSQL plans them at 100,000 batches."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from cli.school import load_made
from cms_service.queries import lookups as cms_queries
from cms_service.tables import EssayAssociation
from kit.keyed import Asked
from kit.paging import Window
from ras_service.contract import BatchStatus
from ras_service.lifecycle import BatchState, states_of
from ras_service.queries import essays
from ras_service.queries import reading as ras_queries
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


def most_rows_of(plan: dict[str, Any], relation: str) -> float:
    """That any one node reads of it."""
    read = [each for each in nodes(plan) if each.get("Relation Name") == relation]
    return max(float(each["Actual Rows"] * each["Actual Loops"]) for each in read)


def pages_touched(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


async def deep_in(connection: AsyncConnection, states: list[BatchState]) -> Window:
    """A page that 29 batches follow, by cursor."""
    _, total = await ras_queries.page(connection, TEACHER, states, Window(1, 0))
    [at, *_], _ = await ras_queries.page(connection, TEACHER, states, Window(1, total - 50))
    return Window(20, 0, (at.created_at, at.batch_id))


ASKED = [[], [BatchStatus.PROCESSING], [BatchStatus.READY, BatchStatus.FAILED], list(BatchStatus)]


@pytest.mark.parametrize("statuses", ASKED)
async def test_a_page_is_a_range_of_an_index_for_each_state_however_deep(
    large_ras: RolledBack, statuses: list[BatchStatus]
) -> None:
    states, touched = states_of(statuses), []
    async with large_ras.read() as connection:
        for window in (Window(20, 0), await deep_in(connection, states)):
            with large_ras.statements() as sent:
                found, total = await ras_queries.page(connection, TEACHER, states, window)
            plan = await plan_of(connection, sent)
            assert len(found) == 21
            assert total > 100
            assert f"batch_results_{'state_' if states else ''}page_idx" in indexes(plan)
            assert read_row_by_row(plan) <= {"batch_counts"}
            assert most_rows_of(plan, "batch_results") <= 21
            touched.append(pages_touched(plan))
    assert touched[1] <= touched[0] + 20


@pytest.mark.parametrize("statuses", ASKED)
async def test_a_total_is_read_from_the_counts_by_their_key(large_ras: RolledBack, statuses: list[BatchStatus]) -> None:
    """They are so few here that the planner would rather read them all, if it were let."""
    states = states_of(statuses)
    counted = select(func.count()).where(
        BatchResult.user_id == TEACHER, *([BatchResult.state.in_(states)] if states else [])
    )
    async with large_ras.read() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        with large_ras.statements() as sent:
            _, total = await ras_queries.page(connection, TEACHER, states, Window(1, 0))
        plan = await plan_of(connection, sent)
        assert total == await connection.scalar(counted)
    assert "batch_counts_pkey" in indexes(plan)
    assert most_rows_of(plan, "batch_counts") <= len(BatchState)
    assert most_rows_of(plan, "batch_results") <= 2


@pytest.mark.parametrize("user_id", [None, TEACHER])
async def test_essays_are_read_by_their_keys(large_ras: RolledBack, user_id: str | None) -> None:
    async with large_ras.read() as connection:
        listed, _ = await ras_queries.page(connection, TEACHER, [], Window(199, 0))
        batch_ids = [each.batch_id for each in listed]
        with large_ras.statements() as sent:
            found = await essays.pages(connection, Asked(batch_ids, user_id, Window(20, 0)))
        plans = [await plan_of(connection, sent)]
        essay_ids = [each.essay_id for page in found.values() for each in page.items]
        with large_ras.statements() as sent:
            await essays.by_id(connection, essay_ids, user_id)
        plans.append(await plan_of(connection, sent))
    assert len(essay_ids) == len(batch_ids) == 200
    for plan in plans:
        assert not read_row_by_row(plan)
        assert pages_touched(plan) < 200 * 16


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
