"""CMS as the gateway calls it on behalf of a teacher."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from cms_service.tables import EventOutbox, TeacherUpdate
from tests.support.databases import RolledBack
from tests.support.given import TEACHER

Json = dict[str, Any]


@dataclass(frozen=True)
class Teacher:
    client: httpx.AsyncClient
    user_id: str = TEACHER

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-User-ID": self.user_id} | options.pop("headers", {})
        return await self.client.request(method, f"/v1{path}", headers=headers, **options)

    async def get(self, path: str, **params: Any) -> Json:
        """What a 200 says."""
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body

    async def made(self, path: str, body: Any) -> Json:
        """What a 201 says."""
        answer = await self.ask("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def put(self, path: str, body: Any) -> Json:
        """What a 200 says."""
        answer = await self.ask("PUT", path, json=body)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed


def refusal(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, code and the fields that are named."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], [each["field"] for each in error.get("fields", [])]


def same_error(*answers: httpx.Response) -> bool:
    """But for the correlation id."""
    bodies = [answer.json()["error"] | {"correlation_id": None} for answer in answers]
    statuses = {answer.status_code for answer in answers}
    return len(statuses) == 1 and all(body == bodies[0] for body in bodies)


def cost(sent: list[tuple[str, Any]]) -> int:
    """Statements, without the savepoint that stands for a test's transactions."""
    return sum(not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")) for statement, _ in sent)


async def events(cms: RolledBack) -> list[tuple[str, int, Json]]:
    """Type, version of the aggregate, and data, in the order of publication."""
    query = select(EventOutbox.event_type, EventOutbox.envelope).order_by(EventOutbox.position)
    async with cms.read() as connection:
        rows = (await connection.execute(query)).all()
    return [(kind, each["metadata"]["aggregate_version"], each["data"]) for kind, each in rows]


async def aggregates(cms: RolledBack) -> list[UUID]:
    async with cms.read() as connection:
        return [*await connection.scalars(select(EventOutbox.aggregate_id).order_by(EventOutbox.position))]


async def updates(cms: RolledBack) -> list[tuple[str, str, Json]]:
    """User, type and payload, in the order in which they are told."""
    query = select(TeacherUpdate.user_id, TeacherUpdate.type, TeacherUpdate.payload).order_by(TeacherUpdate.seq)
    async with cms.read() as connection:
        return [(user_id, str(kind), payload) for user_id, kind, payload in await connection.execute(query)]
