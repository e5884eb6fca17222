"""Objects by their global ids."""

from uuid import uuid4

import httpx

from tests.support.apps import bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.broken import BrokenAt
from tests.support.calls import keys
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class, batch, batches
from tests.support.graph import ask, data, global_id
from tests.support.lessons import a_lesson

FIELDS = """{ __typename id
    ... on Batch { title } ... on Essay { filename } ... on SchoolClass { name } ... on Student { lastName } }"""
NODES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {FIELDS} }}"
NODE = f"query ($id: ID!) {{ node(id: $id) {FIELDS} }}"


async def test_nodes_of_every_type_in_the_order_asked(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 2)
    [theirs] = await batches(ras_database, batch(user_id=OTHER))
    their_class = await a_class(cms_database, user_id=OTHER)
    pupil, written = lesson.students[1], lesson.essays[0]
    known = {
        global_id("Student", pupil.id): {"__typename": "Student", "lastName": "001"},
        global_id("Batch", lesson.batch_id): {"__typename": "Batch", "title": "Nationella provet"},
        global_id("Essay", written.essay_id): {"__typename": "Essay", "filename": "essä_0.docx"},
        global_id("SchoolClass", lesson.class_id): {"__typename": "SchoolClass", "name": "SV1A"},
    }
    unknown = [
        global_id("Batch", theirs),
        global_id("SchoolClass", their_class),
        global_id("Student", uuid4()),
        global_id("Essay", lesson.batch_id),
        global_id("Course", lesson.batch_id),
        str(lesson.batch_id),
        "nope",
        "",
        "é",
    ]
    ids = [each for pair in zip([*known, *known, *known], unknown, strict=False) for each in pair]

    answer = await ask(gateway, NODES, ids=ids)

    assert "errors" not in answer
    assert answer["data"]["nodes"] == [{"id": each} | known[each] if each in known else None for each in ids]
    assert keys(answer) == {
        ("ras", "POST", "/v1/batches/lookup"): 2,
        ("ras", "POST", "/v1/essays/lookup"): 2,
        ("cms", "POST", "/v1/classes/lookup"): 2,
        ("cms", "POST", "/v1/students/lookup"): 2,
    }


async def test_each_node_alone_is_the_same(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 1)
    for node in (
        global_id("Student", lesson.students[0].id),
        global_id("Batch", lesson.batch_id),
        global_id("Essay", lesson.essays[0].essay_id),
        global_id("SchoolClass", lesson.class_id),
    ):
        [among] = (await data(gateway, NODES, ids=[node]))["nodes"]
        alone = (await data(gateway, NODE, id=node))["node"]
        assert alone == among == {"id": node} | among


async def test_no_ids_are_no_nodes(gateway: httpx.AsyncClient) -> None:
    answer = await ask(gateway, NODES, ids=[])
    assert answer == {
        "data": {"nodes": []},
        "extensions": {"upstream": [], "cost": {"estimated": 40, "actual": 40, "limit": 5000}},
    }


async def test_a_hundred_ids_are_the_limit(gateway: httpx.AsyncClient) -> None:
    ids = [global_id("Batch", uuid4()) for _ in range(101)]
    assert await data(gateway, NODES, ids=ids[1:]) == {"nodes": [None] * 100}
    answer = await ask(gateway, NODES, ids=ids)
    assert answer["data"] is None
    [error] = answer["errors"]
    assert (error["message"], error["path"]) == ("ids must be at most 100 ids, not 101", ["nodes"])
    assert error["extensions"]["code"] == "VALIDATION_ERROR"
    assert answer["extensions"]["upstream"] == []


async def test_nodes_of_a_service_that_fails_are_null_one_by_one(
    cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 1)
    ids = [global_id("Batch", lesson.batch_id), global_id("SchoolClass", lesson.class_id)]
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        client(gateway_app(cms, BrokenAt(ras, "/batches/lookup")), bearer()) as gateway,
    ):
        answer = await ask(gateway, NODES, ids=ids)
    assert answer["data"]["nodes"] == [None, {"__typename": "SchoolClass", "id": ids[1], "name": "SV1A"}]
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["service"]) == (["nodes", 0], "ras")
