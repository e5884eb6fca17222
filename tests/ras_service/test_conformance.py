"""RAS against its own OpenAPI document."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db import Database
from kit.paging import encode_cursor
from ras_service.api import BatchKey
from ras_service.app import create_app
from ras_service.queries.essays import EssayKey
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.conformance import SECONDS, Case, failures, whole
from tests.support.databases import Databases
from tests.support.given import NOON, TEACHER, batch, essay
from tests.support.ports import free_port
from tests.support.servers import served

BY_POSITION = encode_cursor(EssayKey(0))
CURSOR = encode_cursor(BatchKey(NOON, UUID(int=0)))


@dataclass(frozen=True)
class Results:
    """What there is of the teacher's, so that requests find something."""

    batch_id: str

    def complete(self, case: Case) -> None:
        """Makes true what no schema can say: whose ids and cursors these are, and what excludes what."""
        query = case.query or {}
        case.body = body = whole(case.body)
        if isinstance(body, dict) and isinstance(body.get("after"), str):
            body["after"] = BY_POSITION
        own = {"user_id": TEACHER, "batch_id": self.batch_id}
        case.path_parameters.update({name: own[name] for name in own.keys() & case.path_parameters.keys()})
        if "after" in query:
            query["after"] = 0 if "updates" in case.path else CURSOR
        query.update({name: 0 for name in ("offset", "wait") if name in query})


async def some_results(url: str) -> Results:
    database, row = Database.open(RasSettings(internal_api_key=SecretStr(KEY), database_url=url)), batch(essay_count=2)
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        session.add(row)
        await session.flush()
        session.add_all(essay(row.batch_id, position) for position in range(2))
        await session.commit()
    await database.close()
    return Results(str(row.batch_id))


@pytest.mark.timeout(900)
async def test_ras_is_what_its_document_says(databases: Databases) -> None:
    url = await migrated(databases, "ras")
    results = await some_results(url)
    settings = RasSettings(
        internal_api_key=SecretStr(KEY),
        database_url=url,
        port=free_port(),
        event_subscribers={},
        request_timeout_seconds=SECONDS,
    )
    async with served(create_app(settings), settings) as base_url:
        found = await failures(base_url, results.complete)
    assert not found, found
