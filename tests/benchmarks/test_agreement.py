"""Targets that disagree are not measured."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks import agreement
from benchmarks.errors import BenchmarkError
from benchmarks.targets import PAGE_SIZES, Page, Row, Target, graph_request
from tests.benchmarks.serving import answering, served

MADE = datetime(2026, 9, 14, tzinfo=UTC)
ROWS = tuple(Row(f"batch-{n}", "Prov", "SV1A", "ready", None, (8, 0, 0), MADE, None) for n in range(100))


def told(*rows: Row, total: int = 100) -> Page:
    return Page(total, rows)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with served(answering(200, b"{}"), lifespan="off") as found:
        yield found


def target(name: str, port: int, page: Page) -> Target:
    """Answers this page as its first 20, and a hundred rows as its first 100."""
    pages = iter([page, told(*ROWS)] * len(PAGE_SIZES))
    return Target(name, port, graph_request, lambda _: next(pages), "batchId")


async def test_equal_answers_agree(port: int) -> None:
    await agreement.check([target("gateway", port, told(*ROWS[:20])), target("bff", port, told(*ROWS[:20]))], ["token"])


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (
            told(replace(ROWS[0], class_name="SV1B"), *ROWS[1:20]),
            "bff differs from gateway: .*SV1B.* instead of .*SV1A",
        ),
        (told(*ROWS[1::-1], *ROWS[2:20]), "bff differs from gateway: .*batch-1.* instead of .*batch-0"),
        (told(*ROWS[:19]), "bff differs from gateway: 19 rows instead of 20"),
        (told(*ROWS[:20], total=99), "bff differs from gateway: total 99 instead of 100"),
    ],
)
async def test_the_first_difference_is_told(port: int, page: Page, reason: str) -> None:
    with pytest.raises(BenchmarkError, match=reason):
        await agreement.check([target("gateway", port, told(*ROWS[:20])), target("bff", port, page)], ["token"])


async def test_too_few_rows_are_told(port: int) -> None:
    with pytest.raises(BenchmarkError, match="gateway answers 0 rows instead of 20"):
        await agreement.check([target("gateway", port, told())], ["token"])


async def test_graphs_agree_to_the_last_field(port: int) -> None:
    graphs = [Target(name, port, graph_request, lambda _: told(), "batchId") for name in ("gateway", "floor")]
    async with served(answering(200, b'{"data": {"at": "T08:00:00Z"}}'), lifespan="off") as one:
        async with served(answering(200, b'{"data": {"at": "T08:00:00+00:00"}}'), lifespan="off") as other:
            await agreement.check_whole([replace(graphs[0], port=one), replace(graphs[1], port=other)], ["token"])
        async with served(answering(200, b'{"data": {"at": "T08:00:01Z"}}'), lifespan="off") as other:
            with pytest.raises(BenchmarkError, match="floor answers other data than gateway"):
                await agreement.check_whole([replace(graphs[0], port=one), replace(graphs[1], port=other)], ["token"])


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, b"{}", "gateway answers 401"),
        (200, b'{"errors": [{"message": "CMS is away"}]}', "gateway answers .*CMS is away"),
    ],
)
async def test_an_answer_that_is_none_is_told(status: int, body: bytes, reason: str) -> None:
    async with served(answering(status, body), lifespan="off") as port:
        with pytest.raises(BenchmarkError, match=reason):
            await agreement.page(target("gateway", port, told()), "token", 20)
