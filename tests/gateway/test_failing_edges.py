"""An edge that fails is null and one error; everything else of the page is there."""

from typing import Any

import httpx
import pytest

from tests.support.apps import bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.broken import BrokenAt
from tests.support.databases import RolledBack
from tests.support.graph import ask
from tests.support.lessons import Lesson, a_lesson

LESSONS = """{ batches(first: 3) { nodes { title
    classInfo { className class { name students { totalCount } batches { totalCount } } }
    validation { totalAssociations }
    essays { nodes { filename student { lastName } batch { title } } }
    studentAssociations { nodes { essayId student { lastName classes { name } essays { totalCount } }
        essay { filename } } }
} } }"""

Broken = tuple[str, str, list[str | int]]

EDGES: list[Broken] = [
    ("cms", "/batches/class-info", ["classInfo"]),
    ("cms", "/batches/validation-status", ["validation"]),
    ("cms", "/classes/lookup", ["classInfo", "class"]),
    ("cms", "/classes/rosters", ["classInfo", "class", "students"]),
    ("cms", "/classes/batches", ["classInfo", "class", "batches"]),
    ("ras", "/batches/essays", ["essays"]),
    ("cms", "/essays/students", ["essays", "nodes", 0, "student"]),
    ("ras", "/batches/lookup", ["essays", "nodes", 0, "batch"]),
    ("cms", "/batches/associations", ["studentAssociations"]),
    ("cms", "/students/lookup", ["studentAssociations", "nodes", 0, "student"]),
    ("ras", "/essays/lookup", ["studentAssociations", "nodes", 0, "essay"]),
    ("cms", "/students/essays", ["studentAssociations", "nodes", 0, "student", "essays"]),
]
FAILURES = [(500, "EXTERNAL_SERVICE_ERROR"), (503, "SERVICE_UNAVAILABLE"), (504, "TIMEOUT")]
TITLES = {"cms": "The class management service ", "ras": "The result aggregator service "}


def page(lesson: Lesson) -> dict[str, Any]:
    """What the one lesson looks like when nothing fails."""
    [writer], [written] = lesson.students, lesson.essays
    return {
        "title": "Nationella provet",
        "classInfo": {
            "className": "SV1A",
            "class": {"name": "SV1A", "students": {"totalCount": 1}, "batches": {"totalCount": 1}},
        },
        "validation": {"totalAssociations": 1},
        "essays": {
            "nodes": [
                {
                    "filename": written.filename,
                    "student": {"lastName": writer.last_name},
                    "batch": {"title": "Nationella provet"},
                }
            ]
        },
        "studentAssociations": {
            "nodes": [
                {
                    "essayId": str(written.essay_id),
                    "student": {
                        "lastName": writer.last_name,
                        "classes": [{"name": "SV1A"}],
                        "essays": {"totalCount": 1},
                    },
                    "essay": {"filename": written.filename},
                }
            ]
        },
    }


def without(whole: Any, path: list[str | int]) -> Any:
    """The same with null at the path."""
    if not path:
        return None
    copy = whole.copy()
    copy[path[0]] = without(whole[path[0]], path[1:])
    return copy


def also_failing(path: str) -> list[list[str | int]]:
    """The other edges of the query that the endpoint serves."""
    student: list[str | int] = ["studentAssociations", "nodes", 0, "student"]
    others: dict[str, list[list[str | int]]] = {
        "/classes/lookup": [[*student, "classes"]],
        "/batches/lookup": [["classInfo", "class", "batches"]],
        "/essays/lookup": [[*student, "essays"]],
    }
    return others.get(path, [])


@pytest.mark.parametrize(("status", "code"), FAILURES)
@pytest.mark.parametrize("broken", EDGES, ids=[each[1] for each in EDGES])
async def test_an_edge_that_fails(
    cms_database: RolledBack, ras_database: RolledBack, broken: Broken, status: int, code: str
) -> None:
    service, path, edge = broken
    lesson = await a_lesson(cms_database, ras_database, 1)
    async with running(cms_app(cms_database)) as cms, running(ras_app(ras_database)) as ras:
        upstreams: dict[str, httpx.AsyncBaseTransport] = {"cms": cms, "ras": ras}
        upstreams[service] = BrokenAt(upstreams[service], path, status)
        async with client(gateway_app(upstreams["cms"], upstreams["ras"]), bearer()) as gateway:
            told = await ask(gateway, LESSONS)

    expected = page(lesson)
    failing = [edge, *also_failing(path)]
    for each in failing:
        expected = without(expected, each)
    assert told["data"] == {"batches": {"nodes": [expected]}}
    paths = [error["path"] for error in told["errors"]]
    assert sorted(paths, key=str) == sorted((["batches", "nodes", 0, *each] for each in failing), key=str)
    for error in told["errors"]:
        assert error["message"].startswith(TITLES[service])
        assert error["extensions"] == {
            "code": code,
            "service": service,
            "retryable": True,
            "correlationId": error["extensions"]["correlationId"],
        }
    assert "secret" not in str(told)


async def test_the_lesson_is_what_is_asked_for(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lesson = await a_lesson(cms_database, ras_database, 1)
    told = await ask(gateway, LESSONS)
    assert told["data"] == {"batches": {"nodes": [page(lesson)]}}
    assert "errors" not in told
