from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import BatchClass
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, minutes, registration
from tests.support.pupils import enrol, student, unknown_student

EMPTY = {"items": [], "total": 0, "next": None}
HIGH = UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")


async def asked(cms: httpx.AsyncClient, path: str, user_id: str | None = None, **body: Any) -> dict[str, Any]:
    answer = await cms.post(f"/internal/v1{path}", json=body, headers={"X-User-ID": user_id} if user_id else {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(*ids: UUID) -> list[str]:
    return [str(each) for each in ids]


async def test_a_roster_goes_by_last_name_first_name_and_id_in_swedish(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, empty = await a_class(cms_database), await a_class(cms_database)
    names = [("Bo", "Zorn"), ("Åke", "Åberg"), ("åsa", "åberg"), ("Ada", "Ärlig"), ("Bo", "Öst"), ("Bo", "Öst")]
    by_name = [student(*name) for name in names]
    by_name[4:] = sorted(by_name[4:], key=lambda each: each.id)
    await enrol(cms_database, class_id, *reversed(by_name))
    await enrol(cms_database, await a_class(cms_database), student())

    found = await asked(cms, "/classes/rosters", class_ids=texts(class_id, empty))
    rows = await asked(cms, "/students/lookup", student_ids=texts(*(each.id for each in by_name)))
    assert found == {str(class_id): {"items": [*rows.values()], "total": 6, "next": None}, str(empty): EMPTY}


async def test_a_batch_is_in_the_page_of_its_class_alone(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    one, other = await a_class(cms_database), await a_class(cms_database)
    foreign = await a_class(cms_database, user_id=OTHER)
    most_of_one, moved, named, overruled, not_theirs, rejected, gone = (uuid4() for _ in range(7))
    no = {"validation_status": AssociationStatus.REJECTED}
    nobody = unknown_student(one)
    await cms_database.add(nobody)
    await cms_database.add(
        *(association(most_of_one, one, student_id=nobody.id, created_at=minutes(-1)) for _ in range(2)),
        association(most_of_one, other, created_at=minutes(-3)),
        *(association(moved, one, **no) for _ in range(3)),
        association(moved, other, created_at=minutes(-4)),
        registration(named, one),
        registration(overruled, one),
        association(overruled, other, created_at=minutes(-5)),
        registration(not_theirs, foreign),
        association(rejected, one, **no),
        registration(gone, uuid4()),
        association(gone, None),
    )
    found = await asked(cms, "/classes/batches", class_ids=texts(one, other, foreign))
    # Registered at noon, whenever it was matched; else as old as its first association, whosever that is.
    assert found == {
        str(one): {"items": texts(named, most_of_one), "total": 2, "next": None},
        str(other): {"items": texts(overruled, moved), "total": 2, "next": None},
        str(foreign): EMPTY,
    }


async def test_class_info_and_the_page_of_a_class_never_disagree(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    """Every mix of up to two associations of each of two classes, and of what the registration named."""
    one, other = await a_class(cms_database), await a_class(cms_database)
    foreign = await a_class(cms_database, user_id=OTHER)
    rows: list[Any] = []
    batch_ids: list[UUID] = []
    for n in range(3 * 3 * 2 * 4):
        batch_id, mine, others, late, named = uuid4(), n % 3, n // 3 % 3, n // 9 % 2, n // 18
        batch_ids.append(batch_id)
        rows += [association(batch_id, one, created_at=minutes(late)) for _ in range(mine)]
        rows += [association(batch_id, other) for _ in range(others)]
        rows += [registration(batch_id, (one, foreign, uuid4())[named - 1])] if named else []
    await cms_database.add(*rows)

    info = await asked(cms, "/batches/class-info", batch_ids=texts(*batch_ids))
    found = await asked(cms, "/classes/batches", class_ids=texts(one, other, foreign), first=100)
    assert {batch_id: class_id for class_id, page in found.items() for batch_id in page["items"]} == {
        batch_id: told["class_id"] for batch_id, told in info.items() if told
    }
    assert sum(page["total"] for page in found.values()) == sum(told is not None for told in info.values()) > 60


async def test_a_batch_is_as_old_as_its_registration(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, first, second, third = await a_class(cms_database), uuid4(), uuid4(), uuid4()
    await cms_database.add(
        BatchClass(batch_id=first, class_id=uuid4(), user_id=TEACHER, created_at=minutes(-9)),
        association(first, class_id, created_at=minutes(9)),
        association(second, class_id, created_at=minutes(8)),
        association(second, None, created_at=minutes(-8)),
        association(third, class_id, created_at=minutes(-7)),
    )
    found = await asked(cms, "/classes/batches", class_ids=texts(class_id))
    assert found == {str(class_id): {"items": texts(third, second, first), "total": 3, "next": None}}


async def test_a_students_essays_are_the_confirmed_ones_newest_first(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    class_id, writer, idle = await a_class(cms_database), student(), student()
    await enrol(cms_database, class_id, writer, idle)
    batch_id, by = uuid4(), {"student_id": writer.id}
    oldest = association(batch_id, class_id, **by, created_at=minutes(-1))
    twins = [association(uuid4(), class_id, **by, essay_id=HIGH), association(uuid4(), None, **by)]
    timed_out = association(
        batch_id, class_id, **by, created_at=minutes(1), validation_status=AssociationStatus.TIMEOUT_CONFIRMED
    )
    unsettled = [
        association(batch_id, class_id, **by, validation_status=status)
        for status in (AssociationStatus.PENDING_VALIDATION, AssociationStatus.REJECTED)
    ]
    await cms_database.add(oldest, *twins, timed_out, *unsettled)

    assert await asked(cms, "/students/essays", student_ids=texts(writer.id, idle.id)) == {
        str(writer.id): {
            "items": [
                {"essay_id": str(row.essay_id), "batch_id": str(row.batch_id)} for row in (timed_out, *twins, oldest)
            ],
            "total": 4,
            "next": None,
        },
        str(idle.id): EMPTY,
    }


async def test_an_association_as_it_goes_out_oldest_first(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    class_id, batch_id = await a_class(cms_database), uuid4()
    writer, nobody = student(), unknown_student(class_id)
    await enrol(cms_database, class_id, writer, nobody)
    whole = association(
        batch_id,
        class_id,
        student_id=writer.id,
        confidence_score=0.875,
        match_reasons=["e-post", "namn"],
        validation_status=AssociationStatus.CONFIRMED,
        validation_method=AssociationMethod.HUMAN,
        validated_by=TEACHER,
        validated_at=minutes(3),
        created_at=minutes(1),
    )
    bare = association(batch_id, None, essay_id=HIGH, validation_status=AssociationStatus.REJECTED)
    twin = association(batch_id, class_id, validation_status=AssociationStatus.PENDING_VALIDATION)
    timed_out = association(
        batch_id,
        class_id,
        student_id=nobody.id,
        validation_status=AssociationStatus.TIMEOUT_CONFIRMED,
        created_at=minutes(2),
    )
    await cms_database.add(timed_out, whole, bare, twin)

    found = await asked(cms, "/batches/associations", batch_ids=texts(batch_id))
    items = found[str(batch_id)]["items"]
    assert [each["essay_id"] for each in items] == texts(*(row.essay_id for row in (twin, bare, whole, timed_out)))
    assert [each["student_id"] for each in items] == [None, None, str(writer.id), str(nobody.id)]
    assert items[1:3] == [
        {
            "essay_id": str(HIGH),
            "batch_id": str(batch_id),
            "class_id": None,
            "student_id": None,
            "confidence_score": None,
            "match_reasons": [],
            "validation_status": "rejected",
            "validation_method": None,
            "validated_by": None,
            "validated_at": None,
            "created_at": "2026-09-14T12:00:00Z",
        },
        {
            "essay_id": str(whole.essay_id),
            "batch_id": str(batch_id),
            "class_id": str(class_id),
            "student_id": str(writer.id),
            "confidence_score": 0.875,
            "match_reasons": ["e-post", "namn"],
            "validation_status": "confirmed",
            "validation_method": "human",
            "validated_by": TEACHER,
            "validated_at": "2026-09-14T12:03:00Z",
            "created_at": "2026-09-14T12:01:00Z",
        },
    ]
    assert (found[str(batch_id)]["total"], found[str(batch_id)]["next"]) == (4, None)


class Two(NamedTuple):
    """Two parents of 25 and of 3, and one of none; the last has what sorts before all of the others'."""

    path: str
    body: dict[str, Any]
    sizes: tuple[int, int, int] = (25, 3, 0)


async def pupils(cms: RolledBack) -> Two:
    ids = [await a_class(cms) for _ in range(3)]
    await enrol(cms, ids[0], *(student("Bo", f"M{n // 2:02}") for n in range(25)))
    await enrol(cms, ids[1], *(student("Bo", f"A{n}") for n in range(3)))
    return Two("/classes/rosters", {"class_ids": texts(*ids)})


async def batches(cms: RolledBack) -> Two:
    ids = [await a_class(cms) for _ in range(3)]
    await cms.add(*(association(uuid4(), ids[0], created_at=minutes(n // 2)) for n in range(25)))
    await cms.add(*(association(uuid4(), ids[1], created_at=minutes(100 + n)) for n in range(3)))
    return Two("/classes/batches", {"class_ids": texts(*ids)})


async def essays(cms: RolledBack) -> Two:
    class_id, writers = await a_class(cms), [student() for _ in range(3)]
    await enrol(cms, class_id, *writers)
    rows = [association(uuid4(), class_id, student_id=writers[0].id, created_at=minutes(n // 2)) for n in range(25)]
    rows += [association(uuid4(), class_id, student_id=writers[1].id, created_at=minutes(100 + n)) for n in range(3)]
    await cms.add(*rows)
    return Two("/students/essays", {"student_ids": texts(*(each.id for each in writers))})


async def associations(cms: RolledBack) -> Two:
    class_id, ids = await a_class(cms), [uuid4() for _ in range(3)]
    await cms.add(*(association(ids[0], class_id, created_at=minutes(n // 2)) for n in range(25)))
    await cms.add(*(association(ids[1], class_id, created_at=minutes(n - 100)) for n in range(3)))
    return Two("/batches/associations", {"batch_ids": texts(*ids)})


@pytest.mark.parametrize("user_id", [None, TEACHER])
@pytest.mark.parametrize("given", [pupils, batches, essays, associations])
async def test_pages_go_on_where_the_last_one_ended(
    cms: httpx.AsyncClient, cms_database: RolledBack, given: Any, user_id: str | None
) -> None:
    path, body, sizes = await given(cms_database)
    whole = await asked(cms, path, user_id, **body, first=100)
    parents = list(whole)
    assert [page["total"] for page in whole.values()] == [len(page["items"]) for page in whole.values()] == [*sizes]
    assert [len(page["items"]) for page in (await asked(cms, path, user_id, **body)).values()] == [20, 3, 0]

    seen, after = [], None
    for size in (11, 11, 3):
        pages = await asked(cms, f"{path}?cursors=true", user_id, **body, first=11, after=after)
        big, small, none = pages.values()
        assert list(pages) == parents
        assert (len(big["items"]), len(big["cursors"]), big["total"]) == (size, size, 25)
        assert none == EMPTY | {"cursors": []}
        # The cursor holds no parent: those of the small list all come before it.
        assert small["items"] == ([] if after else whole[parents[1]]["items"])
        assert (small["total"], small["next"], len(small["cursors"])) == (3, None, 0 if after else 3)
        seen += big["items"]
        assert big["next"] == (big["cursors"][-1] if len(seen) < 25 else None)
        after = big["next"]
    assert seen == whole[parents[0]]["items"]

    one_by_one = await asked(cms, f"{path}?cursors=true", user_id, **body, first=3)
    assert one_by_one[parents[1]]["next"] is None
    middle = one_by_one[parents[0]]["cursors"][1]
    [third] = (await asked(cms, path, user_id, **body, first=1, after=middle))[parents[0]]["items"]
    assert third == seen[2]


async def test_a_name_of_any_letters_may_end_a_page(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    """One letter of a name may be eighteen of its sort key."""
    class_id, longest = await a_class(cms_database), "\ufdfa" * 100
    await enrol(cms_database, class_id, *(student(longest, longest) for _ in range(2)))
    first = (await asked(cms, "/classes/rosters", class_ids=texts(class_id), first=1))[str(class_id)]
    second = (await asked(cms, "/classes/rosters", class_ids=texts(class_id), first=1, after=first["next"]))[
        str(class_id)
    ]
    assert (first["total"], second["total"], second["next"]) == (2, 2, None)
    assert first["items"] != second["items"]
