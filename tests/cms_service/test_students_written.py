"""A teacher's students: made, changed, deleted, with what is published and told."""

from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from cms_service.contract import AssociationStatus
from cms_service.tables import EssayAssociation
from cms_service.tables import Student as StudentRow
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association
from tests.support.pupils import enrol, student, unknown_student
from tests.support.teachers import Json, Teacher, aggregates, cost, events, refusal, updates

PATH = "/classes/students"
BO: Json = {"person_name": {"first_name": "Bo", "last_name": "Ek"}}


@pytest.fixture
def teacher(cms: httpx.AsyncClient) -> Teacher:
    return Teacher(cms)


async def stored(cms: RolledBack) -> int:
    async with cms.read() as connection:
        return await connection.scalar(select(func.count()).select_from(StudentRow)) or 0


def described(student_out: Json) -> Json:
    """As the events have it."""
    names = ("first_name", "last_name", "class_ids")
    rest = {"student_id": student_out["id"], "student_email": student_out["email"], "user_id": TEACHER}
    return {name: student_out[name] for name in names} | rest


async def test_a_student_is_made_published_and_told(teacher: Teacher, cms_database: RolledBack) -> None:
    one, two = sorted([str(await a_class(cms_database)), str(await a_class(cms_database))])
    body = {
        "person_name": {"first_name": " Åsa ", "last_name": "Öberg", "legal_full_name": "Åsa Maria Öberg"},
        "email": " Asa@Skola.se ",
        "class_ids": [two.upper(), one, two],
    }
    answer = await teacher.ask("POST", PATH, json=body)
    made = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1{PATH}/{made['id']}")
    assert made == {
        "id": made["id"],
        "first_name": "Åsa",
        "last_name": "Öberg",
        "legal_full_name": "Åsa Maria Öberg",
        "email": "Asa@Skola.se",
        "class_ids": [one, two],
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert await teacher.get(f"{PATH}/{made['id']}") == made
    assert await events(cms_database) == [("huleedu.class.student.created.v1", 1, described(made))]
    assert await aggregates(cms_database) == [UUID(made["id"])]
    assert await updates(cms_database) == [
        (TEACHER, "student_added_to_class", {"class_id": class_id, "student_id": made["id"]}) for class_id in (two, one)
    ]
    assert (await teacher.get(f"/classes/{one}"))["student_count"] == 1
    assert [each["id"] for each in (await teacher.get(PATH, q="öb"))["students"]] == [made["id"]]


@pytest.mark.parametrize("more", [{}, {"email": None, "class_ids": None}, {"class_ids": []}])
async def test_names_are_enough(teacher: Teacher, cms_database: RolledBack, more: Json) -> None:
    made = await teacher.made(PATH, BO | more)
    assert (made["legal_full_name"], made["email"], made["class_ids"]) == ("Bo Ek", None, [])
    assert (await events(cms_database))[0][2] == described(made)
    assert await updates(cms_database) == []


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"person_name": {"first_name": " Eva "}}, {"first_name": "Eva"}),
        ({"person_name": {"last_name": "Ö", "first_name": None}}, {"last_name": "Ö"}),
        ({"person_name": {"legal_full_name": None}}, {"legal_full_name": "Åsa Ek"}),
        ({"person_name": {"legal_full_name": None, "last_name": "Ö"}}, {"legal_full_name": "Åsa Ö", "last_name": "Ö"}),
        (
            {"person_name": {"legal_full_name": "Hela Namnet"}, "email": None},
            {"legal_full_name": "Hela Namnet", "email": None},
        ),
        ({"email": "Ny@skola.se", "person_name": None}, {"email": "Ny@skola.se"}),
        ({"email": "ASA@skola.se", "class_ids": None}, {"email": "ASA@skola.se"}),
    ],
)
async def test_a_change_is_of_what_is_there(
    teacher: Teacher, cms_database: RolledBack, body: Json, changes: Json
) -> None:
    names = {"first_name": "Åsa", "last_name": "Ek", "legal_full_name": "Åsa Maria Ek"}
    made = await teacher.made(PATH, {"person_name": names, "email": "asa@skola.se"})
    changed = await teacher.put(f"{PATH}/{made['id']}", body)
    assert changed == {**made, **changes, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]
    assert await teacher.get(f"{PATH}/{made['id']}") == changed
    assert (await events(cms_database))[1:] == [("huleedu.class.student.updated.v1", 2, described(changed))]
    assert [each["id"] for each in (await teacher.get(PATH, q=changed["last_name"]))["students"]] == [made["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        BO,
        {"person_name": {"first_name": None, "last_name": None, "legal_full_name": None}, "email": None},
        {"class_ids": [], "add_class_ids": None, "remove_class_ids": []},
    ],
)
async def test_what_changes_nothing_is_not_published(teacher: Teacher, cms_database: RolledBack, body: Json) -> None:
    made = await teacher.made(PATH, BO)
    assert await teacher.put(f"{PATH}/{made['id']}", body) == made
    assert len(await events(cms_database)) == 1


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({"class_ids": "bc"}, "bc"),
        ({"class_ids": ""}, ""),
        ({"add_class_ids": "bbc"}, "abc"),
        ({"remove_class_ids": "a"}, ""),
        ({"remove_class_ids": "ab"}, ""),
        ({"add_class_ids": "b", "remove_class_ids": "a"}, "b"),
        ({"class_ids": "bc", "add_class_ids": "d", "remove_class_ids": "c"}, "bd"),
    ],
)
async def test_classes_are_replaced_added_and_removed(
    teacher: Teacher, cms_database: RolledBack, body: dict[str, str], after: str
) -> None:
    ids = {name: str(await a_class(cms_database, name)) for name in "abcd"}
    made = await teacher.made(PATH, BO | {"class_ids": [ids["a"]]})
    asked = {field: [ids[name] for name in given] for field, given in body.items()}
    changed = await teacher.put(f"{PATH}/{made['id']}", asked)
    assert changed["class_ids"] == sorted(ids[name] for name in after)
    assert await teacher.get(f"{PATH}/{made['id']}") == changed
    assert (await events(cms_database))[-1] == ("huleedu.class.student.updated.v1", 2, described(changed))
    told = {payload["class_id"] for _, kind, payload in (await updates(cms_database))[1:]}
    assert told == {ids[name] for name in set(after) - {"a"}}


async def test_at_most_twenty_classes(teacher: Teacher, cms_database: RolledBack) -> None:
    ids = [str(await a_class(cms_database, f"{n}")) for n in range(21)]
    over = await teacher.ask("POST", PATH, json=BO | {"class_ids": ids})
    assert refusal(over) == (400, "VALIDATION_ERROR", ["class_ids"])
    path = f"{PATH}/{(await teacher.made(PATH, BO | {'class_ids': ids[:20] * 2}))['id']}"
    for body, field in (
        ({"add_class_ids": ids[20:]}, "add_class_ids"),
        ({"class_ids": ids}, "class_ids"),
        ({"class_ids": ids[:20], "add_class_ids": ids[20:]}, "add_class_ids"),
    ):
        assert refusal(await teacher.ask("PUT", path, json=body)) == (400, "VALIDATION_ERROR", [field])
    changed = await teacher.put(path, {"add_class_ids": ids[20:], "remove_class_ids": ids[:1]})
    assert changed["class_ids"] == sorted(ids[1:])


async def test_classes_must_be_the_teachers_own(teacher: Teacher, cms_database: RolledBack) -> None:
    mine, theirs = str(await a_class(cms_database)), str(await a_class(cms_database, user_id=OTHER))
    unknown = str(uuid4())
    answer = await teacher.ask("POST", PATH, json=BO | {"class_ids": [theirs, mine, unknown, theirs]})
    assert answer.json()["error"]["fields"] == [
        {"field": f"class_ids.{n}", "message": "must be one of your classes"} for n in (0, 2, 3)
    ]
    assert await stored(cms_database) == 0
    made = await teacher.made(PATH, BO)
    body = {"class_ids": [mine, theirs], "add_class_ids": [unknown], "remove_class_ids": [theirs, mine]}
    answer = await teacher.ask("PUT", f"{PATH}/{made['id']}", json=body)
    assert refusal(answer) == (400, "VALIDATION_ERROR", ["class_ids.1", "add_class_ids.0", "remove_class_ids.0"])
    both = await teacher.ask("PUT", f"{PATH}/{made['id']}", json={"add_class_ids": [mine], "remove_class_ids": [mine]})
    assert refusal(both) == (400, "VALIDATION_ERROR", ["remove_class_ids.0"])
    assert await teacher.get(f"{PATH}/{made['id']}") == made
    assert len(await events(cms_database)) == 1


@pytest.mark.parametrize("same", ["Asa@Skola.se", "ASA@SKOLA.SE", " asa@skola.se "])
async def test_an_address_is_one_students_of_a_teacher(
    teacher: Teacher, cms: httpx.AsyncClient, cms_database: RolledBack, same: str
) -> None:
    await teacher.made(PATH, BO | {"email": "Asa@Skola.se"})
    made = await teacher.made(PATH, BO | {"email": "bo@skola.se"})
    for answer in (
        await teacher.ask("POST", PATH, json=BO | {"email": same}),
        await teacher.ask("PUT", f"{PATH}/{made['id']}", json={"email": same}),
    ):
        assert refusal(answer) == (409, "CONFLICT", ["email"])
    assert await teacher.get(f"{PATH}/{made['id']}") == made
    assert (await stored(cms_database), len(await events(cms_database))) == (2, 2)
    await Teacher(cms, OTHER).made(PATH, BO | {"email": same})
    # Accents are no matter of case.
    await teacher.made(PATH, BO | {"email": "åsa@skola.se"})


async def test_a_deleted_student_has_written_nothing(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id, batch_id, pupil, stays = await a_class(cms_database), uuid4(), student(), student()
    await enrol(cms_database, class_id, pupil, stays)
    pending = {"validation_status": AssociationStatus.PENDING_VALIDATION}
    await cms_database.add(
        association(batch_id, class_id, student_id=pupil.id, **pending),
        association(batch_id, class_id, student_id=stays.id),
        association(uuid4(), class_id, student_id=pupil.id),
    )
    answer = await teacher.ask("DELETE", f"{PATH}/{pupil.id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert refusal(await teacher.ask("DELETE", f"{PATH}/{pupil.id}"))[0] == 404
    async with cms_database.read() as connection:
        assert list(await connection.scalars(select(EssayAssociation.student_id))) == [stays.id]
    assert (await teacher.get(f"/classes/{class_id}"))["student_count"] == 1
    *settled, deleted = await events(cms_database)
    assert deleted == ("huleedu.class.student.deleted.v1", 1, {"student_id": str(pupil.id), "user_id": TEACHER})
    assert str(batch_id) in {data["batch_id"] for _, _, data in settled}


@pytest.mark.parametrize("classes", [0, 1, 20])
async def test_the_cost_of_writing(teacher: Teacher, cms_database: RolledBack, classes: int) -> None:
    """Rows and event are two statements; those that are told take one more, however many."""
    ids = [str(await a_class(cms_database)) for _ in range(classes)]
    with cms_database.statements() as creating:
        made = await teacher.made(PATH, BO | {"email": "bo@skola.se", "class_ids": ids})
    with cms_database.statements() as changing:
        await teacher.put(f"{PATH}/{made['id']}", {"person_name": {"first_name": "Eva"}, "remove_class_ids": ids})
    assert (cost(creating), cost(changing)) == ((3, 6) if classes else (2, 4))


async def test_the_unknown_students_address_is_nobodys(teacher: Teacher, cms_database: RolledBack) -> None:
    class_id = await a_class(cms_database)
    await enrol(cms_database, class_id, unknown_student(class_id))
    answer = await teacher.ask("POST", PATH, json=BO | {"email": f"Unknown.{class_id}@HuleEdu.System"})
    assert refusal(answer) == (400, "VALIDATION_ERROR", ["email"])
