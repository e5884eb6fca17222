from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cms_service.tables import Base as CmsTables
from gateway.app import create_app
from gateway.lifespan import Transports
from ras_service.tables import Base as RasTables
from tests.support.apps import GATEWAY, client, cms_app, ras_app, running
from tests.support.callers import ORG
from tests.support.databases import RolledBack
from tests.support.entitlements import Accounts
from tests.support.given import OTHER, TEACHER
from tests.support.school import School, a_school

Rows = dict[str, list[tuple[Any, ...]]]
Stored = Callable[[], Awaitable[Rows]]


@pytest.fixture
async def gateway(cms_database: RolledBack, ras_database: RolledBack) -> AsyncIterator[httpx.AsyncClient]:
    """With nobody's token, over all services that there are."""
    balance = {"user_balance": 7, "org_balance": 9, "org_id": ORG}
    accounts = Accounts({TEACHER: balance, OTHER: balance})
    settings = GATEWAY.model_copy(update={"entitlements_base_url": "http://entitlements.test"})
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        running(accounts.app()) as entitlements,
        client(create_app(settings, Transports(cms, ras, entitlements))) as made,
    ):
        yield made


@pytest.fixture
async def owned(cms_database: RolledBack, ras_database: RolledBack) -> School:
    return await a_school(cms_database, ras_database, TEACHER)


@pytest.fixture
async def others(cms_database: RolledBack, ras_database: RolledBack) -> School:
    """What the other teacher has."""
    return await a_school(cms_database, ras_database, OTHER, size=1)


@pytest.fixture
def stored(cms_database: RolledBack, ras_database: RolledBack) -> Stored:
    """The rows of all tables of CMS and RAS."""

    async def rows() -> Rows:
        found: Rows = {}
        for name, database, tables in (("cms", cms_database, CmsTables), ("ras", ras_database, RasTables)):
            async with database.read() as connection:
                for table in tables.metadata.sorted_tables:
                    read = (await connection.execute(select(table))).all()
                    found[f"{name}.{table.name}"] = sorted(map(tuple, read), key=repr)
        return found

    return rows
