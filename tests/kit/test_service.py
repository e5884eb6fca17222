"""What every service does alike, shown on RAS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from kit.db import Database
from kit.errors import DeadlineError, UnavailableError
from kit.migrations import older
from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.support.apps import INTERNAL, KEY, UNUSED_URL, client
from tests.support.databases import RolledBack
from tests.support.given import TEACHER

PATH = f"/internal/v1/batches/user/{TEACHER}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Internal-API-Key": KEY},
        {"X-Service-ID": "gateway"},
        {"X-Internal-API-Key": "wrong", "X-Service-ID": "gateway"},
        {"X-Internal-API-Key": KEY, "X-Service-ID": "stranger"},
        {"X-Internal-API-Key": KEY + "é".encode().decode("latin-1"), "X-Service-ID": "gateway"},
        {"X-User-ID": TEACHER},
    ],
)
async def test_without_internal_credentials_everything_is_401(ras: httpx.AsyncClient, headers: dict[str, str]) -> None:
    ras.headers = httpx.Headers({name.encode(): value.encode("latin-1") for name, value in headers.items()})
    for path in (PATH, f"/internal/v1/batches/{uuid4()}/status", "/internal/v1/nowhere"):
        answer = await ras.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AUTHENTICATION_ERROR")
        assert answer.headers["WWW-Authenticate"] == 'InternalApiKey realm="internal"'


@pytest.mark.parametrize("user_id", ["a b", "..", "x" * 129, "teacher/1", "lärare"])
async def test_a_malformed_user_id_is_told(ras: httpx.AsyncClient, user_id: str) -> None:
    answer = await ras.get(PATH, headers=httpx.Headers({b"X-User-ID": user_id.encode()}))
    assert (answer.status_code, answer.json()["error"]["fields"][0]["field"]) == (400, "X-User-ID")


async def test_the_frameworks_refusals_have_our_shape(ras: httpx.AsyncClient) -> None:
    missing, wrong = await ras.get("/nowhere"), await ras.delete(PATH)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD"}


async def test_the_correlation_id_comes_back_or_is_made(ras: httpx.AsyncClient) -> None:
    given = str(uuid4())
    kept = await ras.get("/nowhere", headers={"X-Correlation-ID": given})
    assert kept.headers["X-Correlation-ID"] == kept.json()["error"]["correlation_id"] == given
    for bad in ("", "nope", given + "0"):
        made = await ras.get("/nowhere", headers={"X-Correlation-ID": bad})
        assert UUID(made.headers["X-Correlation-ID"]) != UUID(given)


async def test_a_service_that_cannot_do_its_work_is_not_ready(ras: httpx.AsyncClient) -> None:
    assert (await ras.get("/healthz")).json() == {"status": "ok"}
    ready = await ras.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"database": True}})

    away = RasSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL)
    async with client(create_app(away), INTERNAL) as lost:
        unready = await lost.get("/readyz")
        assert (unready.status_code, unready.json()["checks"]) == (503, {"database": False})
        assert (await lost.get("/healthz")).status_code == 200
        failed = await lost.get(PATH)
        assert (failed.status_code, failed.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")


@pytest.mark.parametrize(("revision", "status"), [("made_by_a_newer_release", 200), (min(older("ras")), 503)])
async def test_a_newer_schema_will_do_and_an_older_one_will_not(
    ras: httpx.AsyncClient, ras_database: RolledBack, revision: str, status: int
) -> None:
    async with ras_database.read() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    assert (await ras.get("/readyz")).status_code == status


async def test_a_deadline_ends_a_statement_and_gives_the_connection_back(ras_url: str) -> None:
    settings = RasSettings(
        internal_api_key=SecretStr(KEY), database_url=ras_url, database_pool_size=1, database_max_overflow=0
    )
    database = Database.open(settings)
    async with client(create_app(settings, database), INTERNAL) as ras, other_transaction(ras_url) as other:
        await other.exec_driver_sql("LOCK TABLE batch_results")
        begun = asyncio.get_running_loop().time()
        answer = await ras.get(PATH, headers={"X-Request-Deadline-Ms": "200"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "TIMEOUT")
        assert asyncio.get_running_loop().time() - begun < 2
        await other.rollback()
        assert (await ras.get(PATH)).status_code == 200
    await database.close()


async def test_statement_timeout_is_a_timeout_and_a_full_pool_unavailable(ras_url: str) -> None:
    settings = RasSettings(
        internal_api_key=SecretStr(KEY),
        database_url=ras_url,
        database_pool_size=1,
        database_max_overflow=0,
        request_timeout_seconds=1,
    )
    database = Database.open(settings)
    with pytest.raises(DeadlineError):
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT pg_sleep(5)")
    async with database.read():
        with pytest.raises(UnavailableError):
            async with database.read():
                pass
    await database.close()


@asynccontextmanager
async def other_transaction(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def test_an_unknown_failure_is_masked(ras: httpx.AsyncClient, ras_database: RolledBack) -> None:
    async with ras_database.read() as connection:
        await connection.exec_driver_sql("ALTER TABLE batch_counts RENAME TO gone")
    answer = await ras.get(PATH)
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "message": "Something went wrong on our side.",
        "correlation_id": answer.headers["X-Correlation-ID"],
    }
