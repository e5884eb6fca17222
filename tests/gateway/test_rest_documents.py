"""REST answers from any folder of documents: what they may ask and answer, and what stops the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import respx

from gateway.execution import Engine
from gateway.http.admission import Admission, AdmissionLimits
from gateway.http.auth import Authenticator
from gateway.rest.description import DOCUMENTS
from gateway.rest.routes import openapi, rest_routes
from gateway.schema import schema
from kit.openapi.page import page
from ras_service.contract import PhaseName
from tests.gateway.test_upstream_failures import says
from tests.support.apps import GATEWAY, bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.given import OTHER, a_class, association, batch, batches, essay

BATCH = """
query OneBatch($id: ID!, $after: String) {
  found: batch(id: $id) {
    batchId
    requestedPipelines
    classInfo { classId className }
    essays(first: 2, after: $after) {
      edges { cursor node { filename nlp { stage } } }
      pageInfo { endCursor }
    }
  }
}
"""
BATCH_TOML = """
path = "/bff/v1/batches/{batch_id}"
summary = "A batch."

[parameters.batch_id]
variable = "id"
description = "Which one."

[parameters.after]
description = "The cursor that the essays follow."
longest = 100

[answer]
id = "found!.batchId"
asked = "$batch_id"
from = "$after"
phases = "found.requestedPipelines"
next = "found.essays!.pageInfo.endCursor"

[answer.class]
path = "found.classInfo"
description = "Where it was written."
fields = { name = "className" }

[answer.essays]
path = "found.essays.edges"
fields = { cursor = "cursor", file = { path = "node.filename", default = "?" }, nlp = "node.nlp.stage" }
"""


def served(folder: Path, document: str = BATCH, description: str = BATCH_TOML) -> Path:
    (folder / "batch.graphql").write_text(document)
    (folder / "batch.toml").write_text(description)
    return folder


def routes(folder: Path) -> list[Any]:
    return list(rest_routes(Engine(schema), Authenticator(GATEWAY), Admission(AdmissionLimits.of(GATEWAY)), folder))


@asynccontextmanager
async def gateway_with(
    folder: Path, cms: httpx.AsyncBaseTransport | None, ras: httpx.AsyncBaseTransport | None
) -> AsyncIterator[httpx.AsyncClient]:
    app = gateway_app(cms, ras)
    app.router.routes[:0] = routes(folder)
    async with client(app, bearer()) as gateway:
        yield gateway


async def test_any_document_is_served(tmp_path: Path, cms_database: RolledBack, ras_database: RolledBack) -> None:
    phases = [PhaseName.SPELLCHECK, PhaseName.AI_FEEDBACK]
    mine, plain, theirs = await batches(
        ras_database, batch(requested_pipelines=phases, essay_count=3), batch(), batch(user_id=OTHER)
    )
    await ras_database.add(essay(mine, 0), essay(mine, 1, filename=None), essay(mine, 2))
    await cms_database.add(association(mine, await a_class(cms_database, "SV2C")))
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        gateway_with(served(tmp_path), cms, ras) as gateway,
    ):
        first = (await gateway.get(f"/bff/v1/batches/{mine}")).json()
        second = (await gateway.get(f"/bff/v1/batches/{mine}", params={"after": first["next"]})).json()
        empty = (await gateway.get(f"/bff/v1/batches/{plain}")).json()
        missing = [await gateway.get(f"/bff/v1/batches/{each}") for each in (theirs, uuid4(), "x", "%00")]
        too_long = await gateway.get(f"/bff/v1/batches/{mine}", params={"after": "x" * 101})
        garbage = await gateway.get(f"/bff/v1/batches/{mine}", params={"after": "x"})

    cursors = [each.pop("cursor") for each in first["essays"]]
    assert first == {
        "id": str(mine),
        "asked": str(mine),
        "from": None,
        "phases": ["spellcheck", "ai_feedback"],
        "next": cursors[1],
        "class": {"name": "SV2C"},
        "essays": [{"file": "essä_0.docx", "nlp": "pending"}, {"file": "?", "nlp": "pending"}],
    }
    assert [each["file"] for each in second["essays"]] == ["essä_2.docx"]
    assert (empty["class"], empty["phases"], empty["essays"], empty["next"]) == (None, [], [], None)
    assert [(each.status_code, each.json()["error"]["code"]) for each in missing] == [(404, "RESOURCE_NOT_FOUND")] * 4
    assert too_long.status_code == garbage.status_code == 400
    [named] = too_long.json()["error"]["fields"]
    assert named == {"field": "after", "message": "must be at most 100 characters, without NUL"}
    assert [each["field"] for each in garbage.json()["error"]["fields"]] == ["after"]


def test_its_schema_follows_from_the_document(tmp_path: Path) -> None:
    made = openapi(routes(served(tmp_path)))
    components = made["components"]["schemas"]
    operation = made["paths"]["/bff/v1/batches/{batch_id}"]["get"]
    own = [each for each in operation["parameters"] if "$ref" not in each]
    assert [(each["name"], each["in"], each.get("required", False)) for each in own] == [
        ("batch_id", "path", True),
        ("after", "query", False),
    ]
    assert {*operation["responses"]} == {"200", "400", "401", "403", "404", "429", "500", "502", "503", "504"}
    assert operation["security"] == [{"Bearer": []}]
    shown = {name: undescribed(each) for name, each in components["OneBatch"]["properties"].items()}
    assert shown == {
        "id": {"type": "string", "format": "uuid"},
        "asked": {"type": "string", "maxLength": 200},
        "from": nullable({"type": "string", "maxLength": 100}),
        "phases": nullable({"type": "array", "items": {"$ref": "#/components/schemas/PhaseName"}}),
        "next": nullable({"type": "string"}),
        "class": nullable({"$ref": "#/components/schemas/OneBatchClass"}),
        "essays": nullable({"type": "array", "items": {"$ref": "#/components/schemas/OneBatchEssays"}}),
    }
    assert components["OneBatch"]["properties"]["class"]["description"] == "Where it was written."
    assert components["OneBatch"]["required"] == ["id", "asked", "from", "phases", "next", "class", "essays"]
    assert undescribed(components["OneBatchEssays"]["properties"]["file"]) == {"type": "string"}


def test_it_can_be_read_as_a_page(tmp_path: Path) -> None:
    shown = page(openapi(routes(served(tmp_path))))
    assert "/batches/{batch_id}" in shown
    assert "Authorization" in shown
    assert "OneBatchEssays" in shown


def undescribed(of: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in of.items() if key != "description"}


def nullable(of: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [of, {"type": "null"}]}


TITLES = "query Titles { batches { nodes { title classInfo { className } } } }"
TITLES_TOML = """
path = "/bff/v1/titles"
summary = "Titles."
[answer.titles]
path = "batches!.nodes"
fields = { class = { path = "classInfo.className", default = "none" } }
"""


@respx.mock
async def test_a_default_never_stands_for_a_failure(tmp_path: Path, ras_database: RolledBack) -> None:
    """The answer's schema says that there is no null, so the failure is the answer."""
    await batches(ras_database, batch(), batch())
    folder = served(tmp_path, TITLES, TITLES_TOML)
    route = respx.get("http://cms.test/internal/v1/batches/class-info")
    async with running(ras_app(ras_database)) as ras, gateway_with(folder, None, ras) as gateway:
        route.mock(side_effect=says(503))
        failed = await gateway.get("/bff/v1/titles")
        ids = [str(each) for each in (await ras_ids(ras))]
        route.respond(json=dict.fromkeys(ids))
        answered = await gateway.get("/bff/v1/titles")
    assert (failed.status_code, failed.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (answered.status_code, answered.json()) == (200, {"titles": [{"class": "none"}] * 2})


async def ras_ids(ras: httpx.AsyncBaseTransport) -> list[str]:
    headers = {"X-Internal-API-Key": GATEWAY.internal_api_key.get_secret_value(), "X-Service-ID": "gateway"}
    async with httpx.AsyncClient(transport=ras, base_url="http://ras.test", headers=headers) as made:
        listed = await made.get("/internal/v1/batches/user/teacher-1")
    return [each["batch_id"] for each in listed.json()["batches"]]


def test_the_dashboard_may_be_null_where_cms_may_fail_and_where_there_is_nothing_yet() -> None:
    components = openapi(routes(DOCUMENTS))["components"]["schemas"]
    shapes = [components[name]["properties"] for name in ("TeacherDashboard", "TeacherDashboardBatches")]
    assert [{name for name, of in shape.items() if {"type": "null"} in of.get("anyOf", [])} for shape in shapes] == [
        set(),
        {"class_name", "completed_at", "processing_phase", "deviation_count", "auto_confirm_deadline"},
    ]


def test_the_projects_own_documents_are_served() -> None:
    made = openapi(routes(DOCUMENTS))
    assert {*made["paths"]} == {"/bff/v1/teacher/dashboard"}
    answers = made["paths"]["/bff/v1/teacher/dashboard"]["get"]["responses"]
    assert {*answers} == {"200", "400", "401", "403", "422", "429", "500", "502", "503", "504"}
    assert len(list(DOCUMENTS.glob("*.graphql"))) == len(made["paths"])
