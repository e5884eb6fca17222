import os
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import structlog

from kit import migrations
from kit.embedded import EmbeddedPostgres
from tests.support.apps import INTERNAL, bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.databases import Databases, ExternalServer, RolledBack, Server, rolled_back
from tests.support.kafka import Kafka, kafka_cluster, patched

LONG = "timeout", "e2e"
"""Markers of tests that take longer than others, or may."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests come first: what is begun last is waited for, and by then the other worker is idle."""
    long = {item.path for item in items if any(item.get_closest_marker(each) for each in LONG)}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed, as in CI, a test that skips is a test that is missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("TESTS_MUST_NOT_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Without what takes more time than most tests: the authorities that each client of httpx reads, and tracebacks in
    colour, with every variable of every frame.
    """
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of TEST_DATABASE_URL, or an embedded one that does not care about power loss."""
    url = os.environ.get("TEST_DATABASE_URL")
    if url:
        yield ExternalServer(url)
        return
    with EmbeddedPostgres(Path(tmp_path_factory.mktemp("postgres")), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
async def databases(postgres: Server) -> AsyncIterator[Databases]:
    made = Databases(postgres)
    yield made
    await made.drop_all()


async def migrated(databases: Databases, name: str) -> str:
    url = await databases.create(f"{name}_{uuid4().hex[:12]}")
    await migrations.upgrade(name, url)
    return url


@pytest.fixture(scope="session")
async def cms_url(databases: Databases) -> str:
    return await migrated(databases, "cms")


@pytest.fixture(scope="session")
async def ras_url(databases: Databases) -> str:
    return await migrated(databases, "ras")


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    """Brokers of this module's own, since its tests take them away."""
    with kafka_cluster() as made, pytest.MonkeyPatch.context() as patch:
        patched(patch)
        yield made


@pytest.fixture
async def cms_database(cms_url: str) -> AsyncIterator[RolledBack]:
    async with rolled_back(cms_url) as database:
        yield database


@pytest.fixture
async def ras_database(ras_url: str) -> AsyncIterator[RolledBack]:
    async with rolled_back(ras_url) as database:
        yield database


@pytest.fixture
async def cms(cms_database: RolledBack) -> AsyncIterator[httpx.AsyncClient]:
    """CMS as another internal service calls it."""
    async with client(cms_app(cms_database), INTERNAL) as made:
        yield made


@pytest.fixture
async def ras(ras_database: RolledBack) -> AsyncIterator[httpx.AsyncClient]:
    """RAS as another internal service calls it."""
    async with client(ras_app(ras_database), INTERNAL) as made:
        yield made


@pytest.fixture
async def gateway(cms_database: RolledBack, ras_database: RolledBack) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway over the real services, as TEACHER calls it."""
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        client(gateway_app(cms, ras), bearer()) as made,
    ):
        yield made
