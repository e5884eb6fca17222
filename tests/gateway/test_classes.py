"""Classes, their rosters and their batches."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.calls import calls, cms, keys
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, batch, batches, minutes, registration
from tests.support.graph import ask, data, global_id
from tests.support.pupils import enrol, student

LIST = """query ($first: Int, $after: String, $offset: Int) { classes(first: $first, after: $after, offset: $offset) {
    nodes { name } edges { cursor node { name } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ONE = "query ($id: ID!) { class(id: $id) { classId } }"


def names(page: dict[str, Any]) -> list[str]:
    return [each["name"] for each in page["nodes"]]


async def test_the_teachers_classes_newest_first_and_nobody_elses(
    gateway: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    made = [await a_class(cms_database, f"SV1{letter}") for letter in "ABC"]
    await a_class(cms_database, "EN5X", user_id=OTHER)
    query = "{ classes { nodes { id classId name courseCode studentCount createdAt updatedAt } } }"
    answer = await ask(gateway, query)
    found = {each["name"]: each for each in answer["data"]["classes"]["nodes"]}
    assert found == {
        f"SV1{letter}": {
            "id": global_id("SchoolClass", class_id),
            "classId": str(class_id),
            "name": f"SV1{letter}",
            "courseCode": "SV1",
            "studentCount": 0,
            "createdAt": found[f"SV1{letter}"]["createdAt"],
            "updatedAt": found[f"SV1{letter}"]["updatedAt"],
        }
        for letter, class_id in zip("ABC", made, strict=True)
    }
    assert calls(answer) == {("cms", "GET", "/v1/classes"): 1}


async def test_pages_follow_each_other(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    for n in range(5):
        await a_class(cms_database, f"K{n}")
    whole = (await data(gateway, LIST))["classes"]
    first = (await data(gateway, LIST, first=2))["classes"]
    second = (await data(gateway, LIST, first=3, after=first["pageInfo"]["endCursor"]))["classes"]
    skipped = (await data(gateway, LIST, first=3, offset=2))["classes"]

    assert names(first) + names(second) == names(whole)
    assert names(skipped) == names(second)
    assert {each["totalCount"] for each in (whole, first, second, skipped)} == {5}
    assert [each["node"] for each in second["edges"]] == second["nodes"]
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][1]["cursor"],
    }
    assert second["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": second["edges"][0]["cursor"],
        "endCursor": second["edges"][2]["cursor"],
    }


async def test_a_class_by_either_kind_of_id(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    mine, theirs = await a_class(cms_database), await a_class(cms_database, user_id=OTHER)
    found = {"class": {"classId": str(mine)}}
    for known in (str(mine), str(mine).upper(), global_id("SchoolClass", mine)):
        assert await data(gateway, ONE, id=known) == found
    for unknown in (str(theirs), global_id("SchoolClass", theirs), str(uuid4()), global_id("Batch", mine), "nope", ""):
        assert await data(gateway, ONE, id=unknown) == {"class": None}


async def test_a_roster_goes_on_behind_its_cursor(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, other = await a_class(cms_database), await a_class(cms_database)
    await enrol(cms_database, class_id, *(student("Bo", name) for name in ("Öst", "Ek", "Åberg")))
    await enrol(cms_database, other, student("Bo", "Zorn"), student("Bo", "Ärlig"))
    query = """query ($after: String) { classes { nodes { classId students(first: 2, after: $after) {
        nodes { lastName } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } } } }"""

    rosters = {each["classId"]: each["students"] for each in (await data(gateway, query))["classes"]["nodes"]}
    mine = rosters[str(class_id)]
    assert [each["lastName"] for each in mine["nodes"]] == ["Ek", "Åberg"]
    cursor = mine["pageInfo"].pop("endCursor")
    assert (mine["totalCount"], mine["pageInfo"]) == (3, {"hasNextPage": True, "hasPreviousPage": False})

    answer = await ask(gateway, query, after=cursor)
    rest = {each["classId"]: each["students"] for each in answer["data"]["classes"]["nodes"]}
    # The cursor holds names alone, so each roster goes on behind them.
    assert [each["lastName"] for each in rest[str(class_id)]["nodes"]] == ["Öst"]
    assert [each["lastName"] for each in rest[str(other)]["nodes"]] == ["Ärlig"]
    assert (rest[str(class_id)]["totalCount"], rest[str(other)]["totalCount"]) == (3, 2)
    assert rest[str(class_id)]["pageInfo"]["hasPreviousPage"] is True
    assert keys(answer) == {("cms", "GET", "/v1/classes"): 1, ("cms", "POST", "/v1/classes/rosters"): 2}


CLASS_BATCHES = """query ($id: ID!, $first: Int, $after: String) { class(id: $id) {
    batches(first: $first, after: $after) {
        nodes { batchId classInfo { class { classId } } } edges { cursor node { batchId } } totalCount
        pageInfo { hasNextPage startCursor endCursor } } } }"""


async def test_a_classs_batches_are_those_that_both_services_know(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id = await a_class(cms_database)
    old, theirs, new = await batches(ras_database, batch(), batch(user_id=OTHER), batch())
    unheard_of, registered = uuid4(), uuid4()
    await batches(ras_database, batch(batch_id=registered))
    await cms_database.add(
        association(old, class_id, created_at=minutes(1)),
        association(theirs, class_id, created_at=minutes(2)),
        association(unheard_of, class_id, created_at=minutes(3)),
        association(new, class_id, created_at=minutes(4)),
        registration(registered, class_id),
    )
    answer = await ask(gateway, CLASS_BATCHES, id=str(class_id))
    page = answer["data"]["class"]["batches"]
    in_class = {"class": {"classId": str(class_id)}}
    assert page["nodes"] == [{"batchId": str(each), "classInfo": in_class} for each in (new, old, registered)]
    assert [each["node"]["batchId"] for each in page["edges"]] == [str(each) for each in (new, old, registered)]
    assert page["totalCount"] == 5
    assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
    assert page["pageInfo"]["endCursor"] == page["edges"][2]["cursor"]
    assert keys(answer) == {
        ("cms", "POST", "/v1/classes/lookup"): 1,
        ("cms", "POST", "/v1/classes/batches"): 1,
        ("ras", "POST", "/v1/batches/lookup"): 5,
        ("cms", "GET", "/v1/batches/class-info"): 3,
    }


async def test_a_page_of_which_nothing_is_left_still_leads_on(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id = await a_class(cms_database)
    [known] = await batches(ras_database, batch())
    rows = [association(uuid4(), class_id, created_at=minutes(n)) for n in (1, 2)]
    await cms_database.add(association(known, class_id), *rows)

    page = (await data(gateway, CLASS_BATCHES, id=str(class_id), first=2))["class"]["batches"]
    assert (page["nodes"], page["totalCount"], page["pageInfo"]["hasNextPage"]) == ([], 3, True)
    after = page["pageInfo"]["endCursor"]
    page = (await data(gateway, CLASS_BATCHES, id=str(class_id), first=2, after=after))["class"]["batches"]
    assert [each["batchId"] for each in page["nodes"]] == [str(known)]
    assert page["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("classes(first: 0)", "first must be from 1 to 100, not 0"),
        ("classes(first: 101)", "first must be from 1 to 100, not 101"),
        ("classes(offset: -1)", "offset must be from 0 to 2147483647, not -1"),
        ('classes(offset: 1, after: "x")', "offset must be 0 together with after"),
        ('classes(after: "garbage")', "after must be a cursor that this list gave"),
        ('classes(after: "")', "after must be a cursor that this list gave"),
        ("students(first: 101)", "first must be from 1 to 100, not 101"),
        ('students(after: "W10")', "after must be a cursor that this list gave"),
        (f'students(search: "{"å" * 101}")', "search must be at most 100 characters, without NUL"),
        ('students(search: "a\\u0000b")', "search must be at most 100 characters, without NUL"),
    ],
)
async def test_a_bad_argument_is_named_with_its_limits(gateway: httpx.AsyncClient, field: str, message: str) -> None:
    answer = await ask(gateway, f"{{ it: {field} {{ totalCount }} viewer {{ userId }} }}")
    assert answer["data"] == {"it": None, "viewer": {"userId": TEACHER}}
    [error] = answer["errors"]
    assert (error["message"], error["path"]) == (message, ["it"])
    assert error["extensions"]["code"] == "VALIDATION_ERROR"
    assert "service" not in error["extensions"]


@pytest.mark.parametrize("field", ["classes", "students", "batches"])
async def test_a_cursor_that_is_longer_than_any_is_not_even_sent(gateway: httpx.AsyncClient, field: str) -> None:
    answer = await ask(gateway, f'{{ {field}(after: "{"a" * 16_385}") {{ totalCount }} }}')
    [error] = answer["errors"]
    assert error["message"] == "after must be a cursor that this list gave"
    assert not calls(answer)


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ("first: 0", "first must be from 1 to 100, not 0"),
        ("first: 101", "first must be from 1 to 100, not 101"),
        ('after: "garbage"', "after must be a cursor that this list gave"),
        ('after: ""', "after must be a cursor that this list gave"),
        (f'after: "{"a" * 16_385}"', "after must be a cursor that this list gave"),
    ],
)
@pytest.mark.parametrize("name", ["students", "batches"])
async def test_a_bad_argument_of_an_edge_is_the_edges(
    gateway: httpx.AsyncClient, cms_database: RolledBack, name: str, edge: str, message: str
) -> None:
    class_id = await a_class(cms_database)
    answer = await ask(gateway, f'{{ class(id: "{class_id}") {{ name it: {name}({edge}) {{ totalCount }} }} }}')
    assert answer["data"] == {"class": {"name": "SV1A", "it": None}}
    [error] = answer["errors"]
    assert (error["message"], error["path"]) == (message, ["class", "it"])
    assert error["extensions"]["code"] == "VALIDATION_ERROR"
    assert set(calls(answer)) <= cms("/classes/lookup", "/classes/rosters", "/classes/batches")


async def test_null_arguments_are_the_defaults(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    for n in range(21):
        await a_class(cms_database, f"K{n}")
    query = """{ classes(first: null, after: null, offset: null) { nodes {
        students(first: null, after: null) { totalCount } } totalCount } }"""
    page = (await data(gateway, query))["classes"]
    assert len(page["nodes"]) == 20
    assert page["totalCount"] == 21
    assert page["nodes"][0] == {"students": {"totalCount": 0}}


async def test_of_another_teachers_class_a_batch_knows_the_name_alone(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id = await a_class(cms_database, "EN5X", user_id=OTHER)
    [batch_id] = await batches(ras_database, batch())
    await cms_database.add(association(batch_id, class_id))
    query = "query ($id: ID!) { batch(id: $id) { classInfo { className class { name } } } }"
    assert await data(gateway, query, id=str(batch_id)) == {
        "batch": {"classInfo": {"className": "EN5X", "class": None}}
    }
