"""What teachers make of their students."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.gateway.mutations.test_classes import wrong
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class
from tests.support.graph import ask, data, global_id
from tests.support.pupils import enrol, student

SHOWN = "{ firstName lastName legalFullName email classes { name } }"
CREATE = """mutation($input: CreateStudentInput!) {
    createStudent(input: $input) { student %s userErrors { code field message } }
}""".replace("%s", SHOWN)
UPDATE = """mutation($input: UpdateStudentInput!) {
    updateStudent(input: $input) { student %s userErrors { code field message } }
}""".replace("%s", SHOWN)
DELETE = """mutation($input: DeleteInput!) {
    deleteStudent(input: $input) { deletedId userErrors { code field message } }
}"""
ASA = {"firstName": "Åsa", "lastName": "Öberg"}


async def stored(cms: RolledBack, **changes: Any) -> UUID:
    made = student("Åsa", "Öberg", **changes)
    await cms.add(made)
    return made.id


async def test_a_student_is_made(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    classes = [global_id("SchoolClass", await a_class(cms_database, name)) for name in ("SV1A", "SV1B")]

    answer = await data(gateway, CREATE, input={**ASA, "email": "asa@skola.se", "classIds": classes})

    made = answer["createStudent"]["student"]
    assert made | {"classes": sorted(each["name"] for each in made["classes"])} == {
        "firstName": "Åsa",
        "lastName": "Öberg",
        "legalFullName": "Åsa Öberg",
        "email": "asa@skola.se",
        "classes": ["SV1A", "SV1B"],
    }
    assert answer["createStudent"]["userErrors"] == []


async def test_everything_wrong_is_told_at_once(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    name = "It must be text of 1 to 100 characters, not all of them blank, without NUL."
    given = {"firstName": " ", "lastName": "", "email": "asa", "classIds": ["x"], "legalFullName": "\0"}

    answer = await ask(gateway, CREATE, input=given)

    assert answer["data"]["createStudent"]["student"] is None
    assert {tuple(each["field"][1:]): each["code"] for each in answer["data"]["createStudent"]["userErrors"]} == {
        ("classIds", "0"): "RESOURCE_NOT_FOUND",
        ("firstName",): "VALIDATION_ERROR",
        ("lastName",): "VALIDATION_ERROR",
        ("legalFullName",): "VALIDATION_ERROR",
        ("email",): "VALIDATION_ERROR",
    }
    assert name in {each["message"] for each in answer["data"]["createStudent"]["userErrors"]}
    assert answer["extensions"]["upstream"] == []


async def test_classes_of_others_are_not_there(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    own, theirs = await a_class(cms_database, "SV1A"), await a_class(cms_database, "SV1B", user_id=OTHER)

    answer = await data(gateway, CREATE, input={**ASA, "classIds": [str(own), str(theirs), str(uuid4())]})

    errors = [
        *wrong("RESOURCE_NOT_FOUND", ["input", "classIds", "1"], "There is no such class."),
        *wrong("RESOURCE_NOT_FOUND", ["input", "classIds", "2"], "There is no such class."),
    ]
    assert answer == {"createStudent": {"student": None, "userErrors": errors}}


async def test_an_address_is_one_students(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    await stored(cms_database, email="asa@skola.se")
    other = str(await stored(cms_database))

    made = await data(gateway, CREATE, input={**ASA, "email": "ASA@skola.se"})
    changed = await data(gateway, UPDATE, input={"id": other, "email": "asa@skola.se"})

    errors = wrong("CONFLICT", ["input", "email"], "Another of your students has this e-mail address.")
    assert made == {"createStudent": {"student": None, "userErrors": errors}}
    assert changed == {"updateStudent": {"student": None, "userErrors": errors}}


async def test_null_clears_what_may_be_empty(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    student_id = str(await stored(cms_database, email="asa@skola.se", legal_full_name="Åsa Maria Öberg"))

    kept = await data(gateway, UPDATE, input={"id": student_id, "firstName": "Eva"})
    cleared = await data(gateway, UPDATE, input={"id": student_id, "email": None, "legalFullName": None})
    refused = await data(gateway, UPDATE, input={"id": student_id, "firstName": None, "lastName": None})

    whole = {"firstName": "Eva", "lastName": "Öberg", "classes": []}
    assert kept["updateStudent"]["student"] == {**whole, "legalFullName": "Åsa Maria Öberg", "email": "asa@skola.se"}
    assert cleared["updateStudent"]["student"] == {**whole, "legalFullName": "Eva Öberg", "email": None}
    assert [each["field"] for each in refused["updateStudent"]["userErrors"]] == [
        ["input", "firstName"],
        ["input", "lastName"],
    ]


async def test_a_student_moves(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    old, new = await a_class(cms_database, "SV1A"), await a_class(cms_database, "SV1B")
    asa = student("Åsa", "Öberg")
    await enrol(cms_database, old, asa)
    given = {"id": str(asa.id), "addClassIds": [str(new)], "removeClassIds": [global_id("SchoolClass", old)]}

    answer = await data(gateway, UPDATE, input=given)
    both = await data(gateway, UPDATE, input={**given, "removeClassIds": [str(new)]})
    many = await data(gateway, UPDATE, input={"id": str(asa.id), "addClassIds": [str(uuid4()) for _ in range(21)]})

    assert answer["updateStudent"]["student"]["classes"] == [{"name": "SV1B"}]
    at = ["input", "removeClassIds", "0"]
    assert both["updateStudent"]["userErrors"] == wrong("VALIDATION_ERROR", at, "It is to be added, too.")
    assert many["updateStudent"]["userErrors"] == wrong(
        "VALIDATION_ERROR", ["input", "addClassIds"], "A student is in at most 20 classes."
    )


async def test_a_student_is_deleted_once(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    student_id = await stored(cms_database)

    gone = await data(gateway, DELETE, input={"id": str(student_id)})
    again = await data(gateway, DELETE, input={"id": str(student_id)})

    assert gone == {"deleteStudent": {"deletedId": global_id("Student", student_id), "userErrors": []}}
    missing = wrong("RESOURCE_NOT_FOUND", ["input", "id"], "There is no such student.")
    assert again == {"deleteStudent": {"deletedId": None, "userErrors": missing}}
