"""The main job: a page of batches, each with its class."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.documents import document
from ras_service.contract import PhaseName
from ras_service.lifecycle import BatchState
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, batch, batches, minutes
from tests.support.graph import ask, data, global_id

PAGE = "query ($first: Int, $after: String) { batches(first: $first, after: $after) { %s } }"
RAS_LIST = {"service": "ras", "method": "GET", "path": f"/internal/v1/batches/user/{TEACHER}", "keys": 1, "status": 200}
CMS_CLASSES = {"service": "cms", "method": "GET", "path": "/internal/v1/batches/class-info", "status": 200}


def calls(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "ms"} for each in answer["extensions"]["upstream"]]


async def test_the_dashboard(gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "ENG6B")
    [running, guest] = await batches(
        ras_database,
        batch(
            title="Argumenterande text",
            state=BatchState.PROCESSING_PIPELINES,
            current_phase=PhaseName.SPELLCHECK,
            essay_count=7,
            completed_essay_count=2,
            failed_essay_count=1,
            created_at=minutes(1),
        ),
        batch(title=None, state=BatchState.COMPLETED_SUCCESSFULLY, processing_completed_at=minutes(9)),
    )
    await batches(ras_database, batch(user_id=OTHER))
    await cms_database.add(association(running, class_id))

    answer = await ask(gateway, document("dashboard"), first=20)

    assert "errors" not in answer
    assert answer["data"] == {
        "batches": {
            "nodes": [
                {
                    "id": global_id("Batch", running),
                    "batchId": str(running),
                    "title": "Argumenterande text",
                    "status": "PROCESSING",
                    "processingPhase": "SPELLCHECK",
                    "totalEssays": 7,
                    "completedEssays": 2,
                    "failedEssays": 1,
                    "progress": 42,
                    "createdAt": "2026-09-14T12:01:00Z",
                    "completedAt": None,
                    "classInfo": {"classId": str(class_id), "className": "ENG6B"},
                },
                {
                    "id": global_id("Batch", guest),
                    "batchId": str(guest),
                    "title": None,
                    "status": "COMPLETED_SUCCESSFULLY",
                    "processingPhase": None,
                    "totalEssays": 0,
                    "completedEssays": 0,
                    "failedEssays": 0,
                    "progress": 100,
                    "createdAt": "2026-09-14T12:00:00Z",
                    "completedAt": "2026-09-14T12:09:00Z",
                    "classInfo": None,
                },
            ],
            "pageInfo": {"hasNextPage": False, "endCursor": answer["data"]["batches"]["pageInfo"]["endCursor"]},
            "totalCount": 2,
        }
    }
    assert calls(answer) == [RAS_LIST, CMS_CLASSES | {"keys": 2}]


@pytest.mark.parametrize("n", [50, 100])
async def test_a_page_costs_one_call_to_each_service_and_one_statement_there(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, n: int
) -> None:
    await batches(ras_database, *(batch() for _ in range(n)))
    with cms_database.statements() as in_cms, ras_database.statements() as in_ras:
        answer = await ask(gateway, document("dashboard"), first=100)
    assert len(answer["data"]["batches"]["nodes"]) == n
    assert calls(answer) == [RAS_LIST, CMS_CLASSES | {"keys": n}]
    assert (len(in_cms), len(in_ras)) == (1, 1)


async def test_pages_follow_each_other(gateway: httpx.AsyncClient, ras_database: RolledBack) -> None:
    made = await batches(ras_database, *(batch(created_at=minutes(-n)) for n in range(5)))
    page = PAGE % (
        "edges { cursor node { batchId } } nodes { batchId } totalCount "
        "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
    )
    first = (await data(gateway, page, first=2))["batches"]
    last = (await data(gateway, page, first=3, after=first["pageInfo"]["endCursor"]))["batches"]

    assert [UUID(each["batchId"]) for each in first["nodes"] + last["nodes"]] == made
    assert [each["node"] for each in first["edges"]] == first["nodes"]
    assert first["totalCount"] == last["totalCount"] == 5
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][1]["cursor"],
    }
    assert last["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": last["edges"][0]["cursor"],
        "endCursor": last["edges"][2]["cursor"],
    }


async def test_page_numbers_and_a_status(gateway: httpx.AsyncClient, ras_database: RolledBack) -> None:
    rows = [batch(state=state, created_at=minutes(-n)) for n, state in enumerate(BatchState)]
    await batches(ras_database, *rows)
    query = """{ batches(first: 2, offset: 1, status: [PROCESSING]) {
        nodes { batchId status } totalCount pageInfo { hasNextPage hasPreviousPage } } }"""
    assert (await data(gateway, query))["batches"] == {
        "nodes": [
            {"batchId": str(rows[3].batch_id), "status": "PROCESSING"},
            {"batchId": str(rows[4].batch_id), "status": "PROCESSING"},
        ],
        "totalCount": 4,
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": True},
    }


async def test_an_empty_list(gateway: httpx.AsyncClient) -> None:
    query = (
        "{ batches { nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }"
    )
    assert (await data(gateway, query))["batches"] == {
        "nodes": [],
        "edges": [],
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None},
    }


async def test_a_batch_by_either_kind_of_id(gateway: httpx.AsyncClient, ras_database: RolledBack) -> None:
    mine, theirs = await batches(ras_database, batch(), batch(user_id=OTHER))
    query = "query ($id: ID!) { batch(id: $id) { batchId } }"
    found = {"batch": {"batchId": str(mine)}}
    nothing = {"batch": None}

    assert await data(gateway, query, id=str(mine)) == found
    assert await data(gateway, query, id=global_id("Batch", mine)) == found
    for unknown in (str(theirs), global_id("Batch", theirs), str(uuid4()), global_id("Student", mine), "nope", "", "é"):
        assert await data(gateway, query, id=unknown) == nothing


async def test_any_node_by_its_global_id(gateway: httpx.AsyncClient, ras_database: RolledBack) -> None:
    mine, theirs = await batches(ras_database, batch(title="Novell"), batch(user_id=OTHER))
    query = "query ($id: ID!) { node(id: $id) { __typename id ... on Batch { title } } }"
    node = global_id("Batch", mine)
    assert await data(gateway, query, id=node) == {"node": {"__typename": "Batch", "id": node, "title": "Novell"}}
    for unknown in (global_id("Batch", theirs), global_id("Course", mine), str(mine), "nope"):
        assert await data(gateway, query, id=unknown) == {"node": None}


async def test_batches_asked_for_one_by_one_are_read_in_one_call(
    gateway: httpx.AsyncClient, ras_database: RolledBack
) -> None:
    made = await batches(ras_database, batch(), batch())
    query = "query ($a: ID!, $b: ID!) { a: batch(id: $a) { batchId } b: batch(id: $b) { batchId } }"
    answer = await ask(gateway, query, a=str(made[0]), b=str(made[1]))
    assert [each["batchId"] for each in answer["data"].values()] == [str(each) for each in made]
    assert [(each["path"], each["keys"]) for each in calls(answer)] == [("/internal/v1/batches/lookup", 2)]


async def test_viewer_and_courses(gateway: httpx.AsyncClient) -> None:
    answer = await data(gateway, "{ viewer { userId orgId } courses { code name language } }")
    assert answer["viewer"] == {"userId": TEACHER, "orgId": None}
    assert answer["courses"][0] == {"code": "ENG5", "name": "English 5", "language": "EN"}
    assert len(answer["courses"]) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 0", "first must be from 1 to 100, not 0"),
        ("first: 101", "first must be from 1 to 100, not 101"),
        ("first: -1", "first must be from 1 to 100, not -1"),
        ("offset: -1", "offset must be from 0 to 2147483647, not -1"),
        ('offset: 1, after: "x"', "offset must be 0 together with after"),
        ('after: "garbage"', "after must be a cursor that this list gave"),
        ('after: ""', "after must be a cursor that this list gave"),
    ],
)
async def test_a_bad_argument_is_named_with_its_limits(
    gateway: httpx.AsyncClient, arguments: str, message: str
) -> None:
    answer = await ask(gateway, f"{{ batches({arguments}) {{ totalCount }} viewer {{ userId }} }}")
    assert answer["data"] == {"batches": None, "viewer": {"userId": TEACHER}}
    [error] = answer["errors"]
    assert (error["message"], error["path"]) == (message, ["batches"])
    assert error["extensions"]["code"] == "VALIDATION_ERROR"


async def test_an_unknown_status_is_told_with_those_that_are_known(gateway: httpx.AsyncClient) -> None:
    takes = (
        "It takes PENDING_CONTENT, READY, PROCESSING, COMPLETED_SUCCESSFULLY, "
        "COMPLETED_WITH_FAILURES, FAILED, CANCELLED."
    )
    literal = await ask(gateway, "{ batches(status: [DONE]) { totalCount } }")
    [error] = literal["errors"]
    assert error["message"].startswith("Argument 'status': Value 'DONE' does not exist in 'BatchStatus' enum.")
    assert error["message"].endswith(takes)
    variable = await ask(gateway, document("dashboard"), status=["DONE"])
    [error] = variable["errors"]
    assert error["message"].startswith("Variable '$status' has invalid value at [0]")
    assert error["message"].endswith(takes)
    assert "data" not in literal | variable
