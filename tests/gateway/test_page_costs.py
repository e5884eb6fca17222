"""What a page costs does not depend on how much is on it."""

import httpx
import pytest

from gateway.documents import document
from tests.support.calls import CLASS_INFO, VALIDATION, calls, cms, keys, ras
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.graph import ask, data
from tests.support.lessons import a_lesson

BATCH_LIST = ("ras", "GET", f"/v1/batches/user/{TEACHER}")
DASHBOARD = "{ batches(first: 100) { nodes { title status classInfo { className } validation { deviationCount } } } }"


@pytest.mark.parametrize("n", [4, 8])
async def test_what_a_page_costs_does_not_depend_on_how_much_is_on_it(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, n: int
) -> None:
    lessons = [await a_lesson(cms_database, ras_database, n) for _ in range(n)]
    batch_id, class_id = str(lessons[0].batch_id), str(lessons[0].class_id)

    assert keys(await ask(gateway, DASHBOARD)) == {BATCH_LIST: 1, CLASS_INFO: n, VALIDATION: n}
    assert keys(await ask(gateway, document("batch_page"), id=batch_id)) == {
        CLASS_INFO: 1,
        VALIDATION: 1,
        **dict.fromkeys(ras("/batches/lookup", "/batches/essays"), 1),
        **dict.fromkeys(cms("/essays/students"), n),
    }
    assert keys(await ask(gateway, document("class_page"), id=class_id)) == {
        **dict.fromkeys(cms("/classes/lookup", "/classes/rosters", "/classes/batches"), 1),
        **dict.fromkeys(ras("/batches/lookup"), 1),
    }
    assert keys(await ask(gateway, document("students_page"), first=100)) == {
        ("cms", "GET", "/v1/classes/students"): 1,
        **dict.fromkeys(cms("/classes/lookup"), n),
    }
    assert keys(await ask(gateway, document("matching_page"), id=batch_id)) == {
        CLASS_INFO: 1,
        VALIDATION: 1,
        **dict.fromkeys(ras("/batches/lookup"), 1),
        **dict.fromkeys(cms("/batches/associations", "/classes/lookup", "/classes/rosters"), 1),
        **dict.fromkeys(cms("/students/lookup") | ras("/essays/lookup"), n),
    }


async def test_a_call_is_a_statement(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 5)
    with cms_database.statements() as in_cms, ras_database.statements() as in_ras:
        answer = await ask(gateway, document("matching_page"), id=str(lesson.batch_id))
    made = calls(answer)
    assert len(in_cms) == sum(n for (service, *_), n in made.items() if service == "cms") == 6
    assert len(in_ras) == sum(n for (service, *_), n in made.items() if service == "ras") == 2


async def test_pages_go_on_behind_their_last_cursor(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 5)
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await data(gateway, document("batch_page"), id=str(lesson.batch_id), first=2, after=after))["batch"]
        seen += [each["essayId"] for each in page["essays"]["nodes"]]
        assert page["essays"]["totalCount"] == 5
        after, more = page["essays"]["pageInfo"]["endCursor"], page["essays"]["pageInfo"]["hasNextPage"]
    assert seen == [str(each.essay_id) for each in lesson.essays]
