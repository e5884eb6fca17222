"""A line for each change, however it ends; with ids, and without a word of what a teacher wrote."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from tests.support.apps import bearer, client, gateway_app, running
from tests.support.changes import CHANGES
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.graph import ask, global_id
from tests.support.school import a_school

CREATE = """mutation Make($input: CreateClassInput!) {
    createClass(input: $input) { class { classId name } userErrors { code } }
}"""
SENT = {"name": "Sv3cr3t", "courseCode": "SV1"}
TOLD = {"input": {"name": "(text)", "courseCode": "SV1"}}
Line = dict[str, Any]


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    with capture_logs() as logs:
        yield logs  # type: ignore[misc]


def audited(logs: list[Line]) -> list[Line]:
    return [each for each in logs if each["event"] == "mutation"]


def ended(logs: list[Line]) -> list[tuple[str, str, list[str]]]:
    return [(each["response_key"], each["outcome"], each["codes"]) for each in audited(logs)]


async def test_a_change_that_was_made(gateway: httpx.AsyncClient, lines: list[Line]) -> None:
    body = {"query": CREATE, "variables": {"input": SENT}}
    for n in (1, 2):  # the second time by a compiled plan
        lines.clear()
        answer = await gateway.post("/graphql", json=body, headers={"Idempotency-Key": f"key-{n}"})

        made = answer.json()["data"]["createClass"]["class"]["classId"]
        assert audited(lines) == [
            {
                "log_level": "info",
                "event": "mutation",
                "user_id": TEACHER,
                "org_id": None,
                "roles": ("teacher",),
                "idempotency_key": hashlib.sha256(f"key-{n}".encode()).hexdigest()[:16],
                "field": "createClass",
                "response_key": "createClass",
                "operation": "Make",
                "document": hashlib.sha256(body["query"].encode()).hexdigest(),  # type: ignore[attr-defined]
                "transport": "http",
                "arguments": TOLD,
                "made": made,
                "outcome": "done",
                "codes": [],
            }
        ]
        assert "Sv3cr3t" not in str(audited(lines))


async def test_every_change_has_its_line_with_ids_and_no_texts(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack, lines: list[Line]
) -> None:
    mine = await a_school(cms_database, ras_database)
    told = {}
    for name, each in sorted(CHANGES.items(), key=lambda change: change[0].startswith("delete")):
        lines.clear()
        input_type = f"{name[0].upper()}{name[1:]}Input!" if not name.startswith("delete") else "DeleteInput!"
        query = f"mutation($input: {input_type}) {{ {name}(input: $input) {{ userErrors {{ message }} }} }}"
        answer = await ask(gateway, query, input=each.by_owner(mine))
        assert answer["data"][name] == {"userErrors": []}
        [line] = audited(lines)
        assert (line["field"], line["outcome"]) == (name, "done")
        told[name] = line["arguments"]["input"]
    class_id, student_id, other_id = map(str, [mine.classes[0], mine.students[0], mine.students[1]])
    assert told == {
        "createClass": {"name": "(text)", "courseCode": "SV2"},
        "updateClass": {"id": class_id, "name": "(text)", "courseCode": "ENG5"},
        "deleteClass": {"id": class_id},
        "createStudent": {"firstName": "(text)", "lastName": "(text)", "classIds": [class_id]},
        "updateStudent": {"id": student_id, "firstName": "(text)", "removeClassIds": [class_id]},
        "deleteStudent": {"id": student_id},
        "confirmStudentAssociations": {
            "batchId": str(mine.batches[0]),
            "associations": [{"essayId": str(mine.essays[0]), "studentId": other_id, "confirmed": True}],
        },
    }


async def test_what_is_refused_and_what_stands_beside_it(gateway: httpx.AsyncClient, lines: list[Line]) -> None:
    query = """mutation($essays: [StudentAssociationInput!]!, $id: ID!, $name: String!) {
        a: createClass(input: {name: $name, courseCode: SV1}) { userErrors { code } }
        b: createClass(input: {name: "", courseCode: SV1}) { userErrors { code } }
        c: deleteClass(input: {id: $id}) { userErrors { code } }
        d: updateStudent(input: {id: "Sven Svensson", email: null}) { userErrors { code } }
        e: confirmStudentAssociations(input: {batchId: $id, associations: $essays}) { userErrors { code } }
    }"""
    unknown, essays = uuid4(), [{"essayId": str(uuid4()), "confirmed": False} for _ in range(150)]
    answer = await ask(gateway, query, id=global_id("SchoolClass", unknown), name="Å" * 10, essays=essays)

    assert "errors" not in answer
    missing = ["RESOURCE_NOT_FOUND"]
    assert ended(lines) == [
        ("a", "done", []),
        ("b", "refused", ["VALIDATION_ERROR"]),
        ("c", "refused", missing),
        ("d", "refused", missing),
        ("e", "refused", missing),
    ]
    _, _, c, d, e = [each["arguments"]["input"] for each in audited(lines)]
    assert (c, d) == ({"id": str(unknown)}, {"id": "(malformed)", "email": None})
    assert e["associations"][99:] == [{"essayId": essays[99]["essayId"], "confirmed": False}, "(50 more)"]


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [(500, "unknown", "EXTERNAL_SERVICE_ERROR"), (503, "unknown", "SERVICE_UNAVAILABLE"), (413, "failed", None)],
)
@respx.mock
async def test_a_change_that_fails(status: int, outcome: str, code: str | None, lines: list[Line]) -> None:
    respx.post("http://cms.test/v1/classes").respond(status)
    async with client(gateway_app(None, None), bearer()) as gateway:
        await ask(gateway, CREATE, input=SENT)
    assert ended(lines) == [("createClass", outcome, [code or "EXTERNAL_SERVICE_ERROR"])]


@respx.mock
async def test_a_change_that_breaks_us(lines: list[Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.schema.mutating.new_class", lambda _: 1 / 0)
    async with client(gateway_app(None, None), bearer()) as gateway:
        answer = await ask(gateway, CREATE, input=SENT)
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert ended(lines) == [("createClass", "unknown", ["INTERNAL_SERVER_ERROR"])]


async def test_a_request_that_is_refused_changes_nothing_and_leaves_no_line(lines: list[Line]) -> None:
    async with client(gateway_app(None, None), bearer()) as gateway:
        await gateway.post(
            "/graphql", json={"query": CREATE, "variables": {"input": SENT}}, headers={"Authorization": ""}
        )
        await ask(gateway, CREATE, input={"name": "no course"})
        await ask(gateway, "mutation { createClass }")
        await gateway.get("/graphql", params={"query": "mutation { deleteClass(input: {id: 1}) { deletedId } }"})
    assert audited(lines) == []


class Hanging:
    """CMS makes the class, but its answer does not come."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


@respx.mock
async def test_who_hangs_up_does_not_know_and_neither_do_we(lines: list[Line]) -> None:
    hanging = Hanging()
    respx.post("http://cms.test/v1/classes").mock(side_effect=hanging)
    sent = httpx.Request("POST", "http://test/graphql", json={"query": CREATE, "variables": {"input": SENT}})
    messages = [{"type": "http.request", "body": sent.read(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await hanging.asked.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(f"nobody is there for {message}")

    headers = [(name.lower().encode(), value.encode()) for name, value in (dict(sent.headers) | bearer()).items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    async with running(gateway_app(None, None)) as transport, asyncio.timeout(20):
        await transport.app(scope, receive, send)
        while not audited(lines):  # noqa: ASYNC110  the cancelled change says so in its own time
            await asyncio.sleep(0.005)
    assert ended(lines) == [("createClass", "unknown", [])]


@respx.mock
async def test_a_deadline_that_passes_first(lines: list[Line]) -> None:
    respx.post("http://cms.test/v1/classes").mock(side_effect=Hanging())
    async with client(gateway_app(None, None), bearer() | {"X-Request-Deadline-Ms": "400"}) as gateway:
        await ask(gateway, CREATE, input=SENT)
    [(_, outcome, codes)] = ended(lines)
    assert (outcome, codes) in [("unknown", ["TIMEOUT"]), ("unknown", [])]


async def test_over_an_event_stream(gateway: httpx.AsyncClient, lines: list[Line]) -> None:
    answer = await gateway.post(
        "/graphql", json={"query": CREATE, "variables": {"input": SENT}}, headers={"Accept": "text/event-stream"}
    )
    assert "classId" in answer.text
    [line] = audited(lines)
    assert (line["transport"], line["outcome"]) == ("sse", "done")
    assert str(UUID(line["made"])) in answer.text
