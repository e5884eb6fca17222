"""CMS against its own OpenAPI document."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from cms_service.app import create_app
from cms_service.queries.pages import EssayKey, StudentKey
from cms_service.settings import CmsSettings
from kit.db import Database
from kit.paging import encode_cursor
from tests.conftest import migrated
from tests.support.apps import INTERNAL, KEY
from tests.support.conformance import SECONDS, Case, failures, whole
from tests.support.databases import Databases
from tests.support.given import NOON, TEACHER, association
from tests.support.ports import free_port
from tests.support.servers import served

NOBODYS = str(UUID(int=0))
BY_NAME = encode_cursor(StudentKey("oberg", "asa", UUID(int=0)))
BY_MOMENT = encode_cursor(EssayKey(NOON, UUID(int=0)))


@dataclass(frozen=True)
class School:
    """What the teacher has, so that requests find something."""

    class_id: str
    student_id: str
    batch_id: str
    essay_ids: list[str]

    def complete(self, case: Case) -> None:
        """Makes true what no schema can say: whose ids and cursors these are, and what excludes what."""
        query, body = case.query or {}, whole(case.body)
        by_name = case.path.endswith("/rosters") or (case.path.endswith("/students") and "essays" not in case.path)
        for place in (query, body):
            if isinstance(place, dict) and isinstance(place.get("after"), str):
                place["after"] = BY_NAME if by_name else BY_MOMENT
        if "updates" in case.path and "after" in query:
            query["after"] = 0
        query.update({name: 0 for name in ("offset", "wait") if name in query})
        if isinstance(body, dict):
            self._own(body)
        case.body = body
        self._aim(case)

    def _aim(self, case: Case) -> None:
        """At what is there, but not to delete it."""
        own = {**vars(self), "user_id": TEACHER}
        for name in own.keys() & case.path_parameters.keys():
            if case.method == "DELETE":
                spared = case.path_parameters[name] == own[name]
                case.path_parameters[name] = NOBODYS if spared else case.path_parameters[name]
            elif case.meta and case.meta.phase.name.value != "stateful":
                case.path_parameters[name] = own[name]

    def _own(self, body: dict[str, Any]) -> None:
        for name in ("class_ids", "add_class_ids", "remove_class_ids"):
            body.update({name: [self.class_id]} if body.get(name) else {})
        decisions = body.get("associations", [])[: len(self.essay_ids)]
        for essay_id, decision in zip(self.essay_ids, decisions, strict=False):
            decision.update(essay_id=essay_id, student_id=self.student_id)
        body.update({"associations": decisions} if decisions else {})


async def a_school(base_url: str, url: str) -> School:
    async with httpx.AsyncClient(base_url=f"{base_url}/v1", headers={**INTERNAL, "X-User-ID": TEACHER}) as cms:
        made = await cms.post("/classes", json={"name": "SV1A", "course_codes": ["SV1"]})
        class_id = made.json()["id"]
        person = {"person_name": {"first_name": "Åsa", "last_name": "Öberg"}, "class_ids": [class_id]}
        student_id = (await cms.post("/classes/students", json=person)).json()["id"]
    batch_id, database = uuid4(), Database.open(CmsSettings(internal_api_key=SecretStr(KEY), database_url=url))
    rows = [association(batch_id, UUID(class_id), student_id=UUID(student_id)) for _ in range(3)]
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        session.add_all(rows)
        await session.commit()
    await database.close()
    return School(class_id, student_id, str(batch_id), [str(row.essay_id) for row in rows])


@pytest.mark.timeout(900)
async def test_cms_is_what_its_document_says(databases: Databases) -> None:
    url = await migrated(databases, "cms")
    settings = CmsSettings(
        internal_api_key=SecretStr(KEY),
        database_url=url,
        port=free_port(),
        event_subscribers={},
        request_timeout_seconds=SECONDS,
    )
    async with served(create_app(settings), settings) as base_url:
        school = await a_school(base_url, url)
        found = await failures(base_url, school.complete)
    assert not found, found
