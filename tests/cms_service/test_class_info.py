from uuid import UUID, uuid4

import httpx
import pytest

from cms_service.contract import AssociationStatus
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class, association, minutes, registration

PATH = "/internal/v1/batches/class-info"
LOW, HIGH = UUID("00000000-0000-4000-8000-000000000001"), UUID("ffffffff-ffff-4fff-bfff-ffffffffffff")


async def class_of(cms: httpx.AsyncClient, batch_id: UUID) -> str | None:
    answer = await cms.get(PATH, params={"batch_ids": str(batch_id)})
    found: dict[str, str] | None = answer.json()[str(batch_id)]
    return found["class_name"] if found else None


async def test_a_key_for_each_id_asked_and_null_without_a_class(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    batch, unknown = uuid4(), uuid4()
    class_id = await a_class(cms_database, "SV2 Språk")
    await cms_database.add(association(batch, class_id))

    answer = await cms.get(PATH, params={"batch_ids": f"{batch},{unknown},{batch}".upper()})

    assert answer.status_code == 200
    assert answer.json() == {
        str(batch): {"class_id": str(class_id), "class_name": "SV2 Språk"},
        str(unknown): None,
    }


async def test_the_class_with_most_associations_wins(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    batch = uuid4()
    few, many = await a_class(cms_database, "few"), await a_class(cms_database, "many")
    await cms_database.add(
        association(batch, few, created_at=minutes(-60)),
        *(association(batch, many, created_at=minutes(n)) for n in range(2)),
    )
    assert await class_of(cms, batch) == "many"


async def test_a_tie_goes_to_the_earliest_then_to_the_lowest_id(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    batch, tied = uuid4(), uuid4()
    low = await a_class(cms_database, "low", class_id=LOW)
    high = await a_class(cms_database, "high", class_id=HIGH)
    await cms_database.add(
        association(batch, low, created_at=minutes(1)),
        association(batch, high, created_at=minutes(0)),
        association(tied, high),
        association(tied, low),
    )
    assert await class_of(cms, batch) == "high"
    assert await class_of(cms, tied) == "low"


async def test_rejected_rows_and_rows_without_a_class_do_not_count(
    cms: httpx.AsyncClient, cms_database: RolledBack
) -> None:
    batch, rejected_only = uuid4(), uuid4()
    wrong, right = await a_class(cms_database, "wrong"), await a_class(cms_database, "right")
    rejected = {"validation_status": AssociationStatus.REJECTED}
    await cms_database.add(
        *(association(batch, wrong, **rejected) for _ in range(3)),
        *(association(batch, None) for _ in range(3)),
        association(batch, right, validation_status=AssociationStatus.PENDING_VALIDATION),
        association(rejected_only, wrong, **rejected),
    )
    assert await class_of(cms, batch) == "right"
    assert await class_of(cms, rejected_only) is None


async def test_without_associations_the_registration_tells(cms: httpx.AsyncClient, cms_database: RolledBack) -> None:
    theirs, gone, foreign, overruled = uuid4(), uuid4(), uuid4(), uuid4()
    registered, other = await a_class(cms_database, "registered"), await a_class(cms_database, "other")
    foreign_class = await a_class(cms_database, "foreign", user_id=OTHER)
    await cms_database.add(
        registration(theirs, registered),
        registration(gone, uuid4()),
        registration(foreign, foreign_class),
        registration(overruled, registered),
        association(overruled, other),
    )
    assert [await class_of(cms, each) for each in (theirs, gone, foreign, overruled)] == [
        "registered",
        None,
        None,
        "other",
    ]


@pytest.mark.parametrize("asked", ["", "?batch_ids=", "?batch_ids=,"])
async def test_nothing_asked_is_an_empty_answer(cms: httpx.AsyncClient, asked: str) -> None:
    assert (await cms.get(PATH + asked)).json() == {}
    assert (await cms.post(PATH, json={"batch_ids": []})).json() == {}
    assert (await cms.post(PATH, json={})).json() == {}


async def test_malformed_ids_are_listed(cms: httpx.AsyncClient) -> None:
    braced = "{" + str(LOW) + "}"
    fullwidth = str(LOW).replace("1", "１")
    answer = await cms.get(PATH, params={"batch_ids": f"nope,{LOW},{braced},{fullwidth}"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert error["fields"] == [
        {"field": "batch_ids", "message": f"must be UUIDs; these are not: 'nope', '{braced}', '{fullwidth}'"}
    ]
    posted = await cms.post(PATH, json={"batch_ids": ["nope"]})
    assert (posted.status_code, posted.json()["error"]["fields"][0]["field"]) == (400, "batch_ids")


async def test_two_hundred_ids_go_by_url_and_a_thousand_by_post(cms: httpx.AsyncClient) -> None:
    ids = [str(uuid4()) for _ in range(1001)]

    async def get(n: int) -> httpx.Response:
        return await cms.get(PATH, params={"batch_ids": ",".join(ids[:n])})

    async def post(n: int) -> httpx.Response:
        return await cms.post(PATH, json={"batch_ids": ids[:n]})

    assert len((await get(200)).json()) == 200
    assert len((await post(1000)).json()) == 1000
    over_url, over_body = await get(201), await post(1001)
    assert (over_url.status_code, over_body.status_code) == (400, 400)
    assert over_url.json()["error"]["message"] == f"batch_ids may hold at most 200 ids, not 201; POST {PATH} takes 1000"
    assert over_body.json()["error"]["message"] == "batch_ids may hold at most 1000 ids, not 1001"
    assert len((await cms.get(PATH, params={"batch_ids": ",".join([ids[0]] * 300)})).json()) == 1


@pytest.mark.parametrize(
    ("body", "content_type", "status", "field"),
    [
        (b"", "application/json", 400, "body"),
        (b"{", "application/json", 400, "body"),
        (b"\xff", "application/json", 400, "body"),
        (b"null", "application/json", 400, "body"),
        (b'{"batch_ids": "a"}', "application/json", 400, "batch_ids"),
        (b'{"batch_ids": ["a", 1]}', "application/json", 400, "batch_ids.1"),
        (b'{"x": ' + b"[" * 100_000, "application/json", 400, "body"),
        (b"{}", "text/plain", 415, None),
        (b" " * 2_000_000, "application/json", 413, None),
    ],
)
async def test_a_bad_body_is_told(
    cms: httpx.AsyncClient, body: bytes, content_type: str, status: int, field: str | None
) -> None:
    answer = await cms.post(PATH, content=body, headers={"Content-Type": content_type})
    error = answer.json()["error"]
    assert (answer.status_code, error.get("fields", [{}])[0].get("field")) == (status, field)


@pytest.mark.parametrize("n", [1, 1000])
async def test_one_statement_however_many_ids(cms: httpx.AsyncClient, cms_database: RolledBack, n: int) -> None:
    with cms_database.statements() as sent:
        await cms.post(PATH, json={"batch_ids": [str(uuid4()) for _ in range(n)]})
    assert len(sent) == 1


async def test_courses(cms: httpx.AsyncClient) -> None:
    assert (await cms.get("/internal/v1/courses")).json() == {
        "courses": [
            {"course_code": "ENG5", "name": "English 5", "language": "en"},
            {"course_code": "ENG6", "name": "English 6", "language": "en"},
            {"course_code": "ENG7", "name": "English 7", "language": "en"},
            {"course_code": "SV1", "name": "Svenska 1", "language": "sv"},
            {"course_code": "SV2", "name": "Svenska 2", "language": "sv"},
            {"course_code": "SV3", "name": "Svenska 3", "language": "sv"},
        ]
    }
