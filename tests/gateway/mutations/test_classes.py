"""What teachers make of their classes."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class
from tests.support.graph import ask, data, global_id

CREATE = """mutation($input: CreateClassInput!) {
    createClass(input: $input) { class { name courseCode studentCount } userErrors { code field message } }
}"""
UPDATE = """mutation($input: UpdateClassInput!) {
    updateClass(input: $input) { class { name courseCode } userErrors { code field message } }
}"""
DELETE = "mutation($input: DeleteInput!) { deleteClass(input: $input) { deletedId userErrors { code field message } } }"
NAMES = "{ classes { nodes { name } } }"
NAME = "It must be text of 1 to 100 characters, not all of them blank, without NUL."


def wrong(code: str, field: list[str], message: str) -> list[dict[str, Any]]:
    return [{"code": code, "field": field, "message": message}]


NO_CLASS = wrong("RESOURCE_NOT_FOUND", ["input", "id"], "There is no such class.")


async def names(gateway: httpx.AsyncClient) -> list[str]:
    return [each["name"] for each in (await data(gateway, NAMES))["classes"]["nodes"]]


async def test_a_class_is_made(gateway: httpx.AsyncClient) -> None:
    answer = await data(gateway, CREATE, input={"name": " SV1 Å ", "courseCode": "SV1"})

    made = {"name": "SV1 Å", "courseCode": "SV1", "studentCount": 0}
    assert answer == {"createClass": {"class": made, "userErrors": []}}
    assert await names(gateway) == ["SV1 Å"]


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\0b"])
async def test_a_name_that_is_none_is_told_without_asking_anybody(gateway: httpx.AsyncClient, name: str) -> None:
    answer = await ask(gateway, CREATE, input={"name": name, "courseCode": "SV1"})

    errors = wrong("VALIDATION_ERROR", ["input", "name"], NAME)
    assert answer == {
        "data": {"createClass": {"class": None, "userErrors": errors}},
        "extensions": {"upstream": [], "cost": answer["extensions"]["cost"]},
    }


async def test_what_is_absent_stays(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = global_id("SchoolClass", await a_class(cms_database, "SV1A"))

    renamed = await data(gateway, UPDATE, input={"id": class_id, "name": "SV1B"})
    moved = await data(gateway, UPDATE, input={"id": class_id, "courseCode": "ENG5"})
    untouched = await data(gateway, UPDATE, input={"id": class_id})

    assert renamed == {"updateClass": {"class": {"name": "SV1B", "courseCode": "SV1"}, "userErrors": []}}
    assert moved == {"updateClass": {"class": {"name": "SV1B", "courseCode": "ENG5"}, "userErrors": []}}
    assert untouched == moved


async def test_null_is_no_name_and_no_course(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = str(await a_class(cms_database, "SV1A"))

    answer = await data(gateway, UPDATE, input={"id": class_id, "name": None, "courseCode": None})

    message = "It cannot be null: leave it out to keep what is there."
    errors = [
        *wrong("VALIDATION_ERROR", ["input", "name"], message),
        *wrong("VALIDATION_ERROR", ["input", "courseCode"], message),
    ]
    assert answer == {"updateClass": {"class": None, "userErrors": errors}}
    assert await names(gateway) == ["SV1A"]


async def test_a_class_is_deleted(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "SV1A")

    answer = await data(gateway, DELETE, input={"id": str(class_id)})

    assert answer == {"deleteClass": {"deletedId": global_id("SchoolClass", class_id), "userErrors": []}}
    assert await names(gateway) == []


@pytest.mark.parametrize("of", ["nobody", "another teacher", "another type", "no id"])
async def test_what_is_not_there_is_not_found(gateway: httpx.AsyncClient, cms_database: RolledBack, of: str) -> None:
    theirs = await a_class(cms_database, "SV1A", user_id=OTHER)
    given = {
        "nobody": global_id("SchoolClass", uuid4()),
        "another teacher": global_id("SchoolClass", theirs),
        "another type": global_id("Student", theirs),
        "no id": "class-1",
    }[of]

    updated = await data(gateway, UPDATE, input={"id": given, "name": "SV1B"})
    deleted = await data(gateway, DELETE, input={"id": given})

    assert updated == {"updateClass": {"class": None, "userErrors": NO_CLASS}}
    assert deleted == {"deleteClass": {"deletedId": None, "userErrors": NO_CLASS}}


async def test_the_same_request_reads_its_own_writes(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = str(await a_class(cms_database, "SV1A"))
    change = "updateClass(input: {id: $id, name: %s}) { class { name students { totalCount } batches { totalCount } } }"
    join = 'createStudent(input: {firstName: "Å", lastName: "Ö", classIds: [$id]}) { student { classes { name } } }'

    query = "mutation($id: ID!) { a: %s b: %s c: %s }" % (change % '"B"', join, change % '"C"')  # noqa: UP031
    answer = await data(gateway, query, id=class_id)

    assert answer == {
        "a": {"class": {"name": "B", "students": {"totalCount": 0}, "batches": {"totalCount": 0}}},
        "b": {"student": {"classes": [{"name": "B"}]}},
        "c": {"class": {"name": "C", "students": {"totalCount": 1}, "batches": {"totalCount": 0}}},
    }
