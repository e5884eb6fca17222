"""Students: found, listed, in classes, and what they wrote."""

from uuid import uuid4

import httpx
import pytest

from cms_service.contract import AssociationStatus
from tests.support.calls import calls, keys
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class, association, batch, batches, essay, minutes
from tests.support.graph import ask, data, global_id
from tests.support.pupils import enrol, student, unknown_student

LIST = """query ($first: Int, $after: String, $offset: Int, $search: String) {
    students(first: $first, after: $after, offset: $offset, search: $search) {
        nodes { lastName } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
ONE = "query ($id: ID!) { student(id: $id) { studentId } }"


async def last_names(gateway: httpx.AsyncClient, **asked: object) -> list[str]:
    return [each["lastName"] for each in (await data(gateway, LIST, **asked))["students"]["nodes"]]


async def test_every_field_of_a_student(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "SV1B")
    made = student("Åsa", "Öberg", email="Asa@Skola.se", legal_full_name="Åsa Maria Öberg", updated_at=minutes(3))
    await enrol(cms_database, class_id, made)
    query = """query ($id: ID!) { student(id: $id) { id studentId firstName lastName legalFullName email createdAt
        updatedAt classes { id name } } }"""
    answer = await ask(gateway, query, id=str(made.id))
    assert answer["data"] == {
        "student": {
            "id": global_id("Student", made.id),
            "studentId": str(made.id),
            "firstName": "Åsa",
            "lastName": "Öberg",
            "legalFullName": "Åsa Maria Öberg",
            "email": "Asa@Skola.se",
            "createdAt": "2026-09-14T12:00:00Z",
            "updatedAt": "2026-09-14T12:03:00Z",
            "classes": [{"id": global_id("SchoolClass", class_id), "name": "SV1B"}],
        }
    }
    assert keys(answer) == {("cms", "POST", "/v1/students/lookup"): 1, ("cms", "POST", "/v1/classes/lookup"): 1}


async def test_students_in_swedish_order_and_nobody_elses(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    await cms_database.add(
        *(student("Bo", name) for name in ("Östman", "Ärlig", "Åberg", "Zorn", "Andersson")),
        student("Bo", "Fremling", created_by_user_id=OTHER),
        unknown_student(await a_class(cms_database)),
    )
    assert await last_names(gateway) == ["Andersson", "Zorn", "Åberg", "Ärlig", "Östman"]
    assert await last_names(gateway, first=2, offset=1) == ["Zorn", "Åberg"]
    first = (await data(gateway, LIST, first=2))["students"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = (await data(gateway, LIST, first=9, after=first["pageInfo"]["endCursor"]))["students"]
    assert [each["lastName"] for each in rest["nodes"]] == ["Åberg", "Ärlig", "Östman"]
    assert (rest["totalCount"], rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (
        5,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ö", ["Öberg", "Österman"]),
        (" ÖST ", ["Österman"]),
        ("åsa", ["Öberg"]),
        ("asa@", ["Öberg"]),
        ("%", []),
        ("_", []),
        ("", ["Ek", "Öberg", "Österman"]),
        ("   ", ["Ek", "Öberg", "Österman"]),
        (None, ["Ek", "Öberg", "Österman"]),
        ("å" * 100, []),
    ],
)
async def test_a_search(
    gateway: httpx.AsyncClient, cms_database: RolledBack, search: str | None, found: list[str]
) -> None:
    await cms_database.add(
        student("Åsa", "Öberg", email="asa@skola.se"), student("Bo", "Österman"), student("Eva", "Ek")
    )
    assert await last_names(gateway, search=search) == found


async def test_a_student_by_either_kind_of_id(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database)
    mine, theirs, nobody = student(), student(created_by_user_id=OTHER), unknown_student(class_id)
    await cms_database.add(mine, theirs, nobody)
    for known in (str(mine.id), global_id("Student", mine.id)):
        assert await data(gateway, ONE, id=known) == {"student": {"studentId": str(mine.id)}}
    unknown = [str(each) for each in (theirs.id, nobody.id, class_id, uuid4())]
    for each in (*unknown, global_id("Student", theirs.id), global_id("Essay", mine.id), "nope"):
        assert await data(gateway, ONE, id=each) == {"student": None}


ESSAYS = """query ($id: ID!, $first: Int, $after: String) { student(id: $id) {
    essays(first: $first, after: $after) { nodes { essayId batch { batchId } student { studentId } } totalCount
        pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""


async def test_a_students_essays_are_the_confirmed_ones_that_both_services_know(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id, writer = await a_class(cms_database), student()
    await enrol(cms_database, class_id, writer)
    [batch_id] = await batches(ras_database, batch())
    old, new, pending = (essay(batch_id, n) for n in range(3))
    await ras_database.add(old, new, pending)
    by = {"student_id": writer.id}
    await cms_database.add(
        association(batch_id, class_id, **by, essay_id=old.essay_id, created_at=minutes(1)),
        association(
            batch_id,
            class_id,
            **by,
            essay_id=new.essay_id,
            created_at=minutes(2),
            validation_status=AssociationStatus.TIMEOUT_CONFIRMED,
        ),
        association(
            batch_id, class_id, **by, essay_id=pending.essay_id, validation_status=AssociationStatus.PENDING_VALIDATION
        ),
        association(batch_id, class_id, **by, created_at=minutes(3)),
    )
    answer = await ask(gateway, ESSAYS, id=str(writer.id))
    page = answer["data"]["student"]["essays"]
    told = [
        {
            "essayId": str(each.essay_id),
            "batch": {"batchId": str(batch_id)},
            "student": {"studentId": str(writer.id)},
        }
        for each in (new, old)
    ]
    assert (page["nodes"], page["totalCount"]) == (told, 3)
    assert keys(answer) == {
        ("cms", "POST", "/v1/students/lookup"): 1,
        ("cms", "POST", "/v1/students/essays"): 1,
        ("ras", "POST", "/v1/essays/lookup"): 3,
        ("ras", "POST", "/v1/batches/lookup"): 1,
        ("cms", "POST", "/v1/essays/students"): 2,
    }

    unheard_of = (await data(gateway, ESSAYS, id=str(writer.id), first=1))["student"]["essays"]
    assert unheard_of["nodes"] == []
    after = unheard_of["pageInfo"]["endCursor"]
    rest = (await data(gateway, ESSAYS, id=str(writer.id), after=after))["student"]["essays"]
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (told, False, True)


async def test_classes_that_students_share_are_asked_for_once(
    gateway: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    one, two = await a_class(cms_database, "SV1A"), await a_class(cms_database, "SV1B")
    pupils = [student("Elev", f"{n:02}") for n in range(12)]
    await enrol(cms_database, one, *pupils)
    await enrol(cms_database, two, *pupils[:3])
    answer = await ask(gateway, "{ students { nodes { classes { name } } } }")
    found = [sorted(each["name"] for each in node["classes"]) for node in answer["data"]["students"]["nodes"]]
    assert found == [["SV1A", "SV1B"]] * 3 + [["SV1A"]] * 9
    assert keys(answer) == {("cms", "GET", "/v1/classes/students"): 1, ("cms", "POST", "/v1/classes/lookup"): 2}


async def test_students_in_no_class_cost_no_further_call(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    await cms_database.add(student())
    answer = await ask(gateway, "{ students { nodes { classes { name } essays { nodes { filename } } } } }")
    assert answer["data"]["students"]["nodes"] == [{"classes": [], "essays": {"nodes": []}}]
    assert calls(answer) == {("cms", "GET", "/v1/classes/students"): 1, ("cms", "POST", "/v1/students/essays"): 1}
