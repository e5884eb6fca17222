"""A page that is asked for again runs by its plan, and answers and costs what it did by graphql-core."""

from typing import Any

import httpx
import pytest

from gateway.documents import document
from gateway.execution import Engine
from gateway.schema import schema
from tests.support.calls import calls
from tests.support.databases import RolledBack
from tests.support.graph import ask
from tests.support.lessons import a_lesson

PAGES = ["dashboard", "batch_page", "class_page", "students_page", "matching_page"]
FAILING = "{ batches(first: 2) { nodes { title essays(first: 0) { totalCount } classInfo { class { name } } } } }"


@pytest.mark.parametrize("page", [*PAGES, FAILING])
async def test_it_answers_the_same_again(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, page: str
) -> None:
    lessons = [await a_lesson(cms_database, ras_database, 3) for _ in range(3)]
    query = document(page) if page in PAGES else page
    given: dict[str, Any] = {"id": str(lessons[0].class_id if page == "class_page" else lessons[0].batch_id)}
    variables = given if "$id" in query else {}

    first, *again = [await ask(gateway, query, **variables) for _ in range(3)]

    for answer in again:
        assert answer["data"] == first["data"]
        assert told(answer) == told(first)
        assert calls(answer) == calls(first)


def told(answer: dict[str, Any]) -> list[Any]:
    return [(each["message"], each["path"], each["locations"]) for each in answer.get("errors", [])]


async def test_it_runs_by_its_plan() -> None:
    engine = Engine(schema)
    document = engine.prepared("{ __typename }")
    context: Any = None
    for _ in range(3):
        outcome = await engine.execute(document, context, variables=None, operation_name=None, queries_only=True)
        assert outcome.data == {"__typename": "Query"}
    assert (engine.plans.statistics.planned, dict(engine.plans.statistics.fallbacks)) == (2, {"first": 1})
