"""The gateway over real services on real sockets and databases, each of which can be stopped and started again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette

from cms_service import contract as cms
from cms_service.app import create_app as create_cms
from cms_service.settings import CmsSettings
from gateway.app import create_app as create_gateway
from gateway.live.hub import Hub
from gateway.settings import GatewaySettings
from kit import app as kit
from kit.db import Database
from kit.settings import Settings
from kit.updates import Update, Updates
from kit.updates.feed import Feed
from ras_service import contract as ras
from ras_service.app import create_app as create_ras
from ras_service.settings import RasSettings
from tests.support.apps import GATEWAY, KEY
from tests.support.given import batch
from tests.support.ports import free_port

SECONDS = 20
"""Until a test gives up on what should come at once."""
STATUS = ras.UpdateType.BATCH_STATUS_UPDATED
NEWEST: Mapping[StrEnum, str] = {STATUS: "batch_id"}


async def until(holds: Callable[[], bool], seconds: float = SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  what is waited for happens in the code under test
            await asyncio.sleep(0.005)


class InProcess(kit.Server):
    """It leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Process:
    """An application on a port of its own, as a process would have it."""

    make: Callable[[], Starlette]
    settings: Settings
    app: Starlette = field(init=False)
    state: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    async def start(self) -> None:
        self.app = self.make()
        inner = self.app.router.lifespan_context

        @asynccontextmanager
        async def kept(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
            async with inner(app) as state:
                self.state = state or {}
                yield self.state

        self.app.router.lifespan_context = kept
        made = kit.server(self.app, self.settings)
        self.server = InProcess(made.config, made.drain, made.drain_seconds)
        serving = self._serving = asyncio.create_task(self.server.serve())
        await until(lambda: self.server.started or serving.done())
        assert not serving.done()

    async def stop(self) -> None:
        if self._serving:
            self.server.should_exit = True
            await self._serving
            self._serving = None

    @property
    def waiting(self) -> int:
        """Polls of teachers' updates that wait."""
        feed = self.state["feed"]
        assert isinstance(feed, Feed)
        return feed.waiting


@dataclass
class Gateway(Process):
    def position(self, service: str, teacher: "Teacher") -> int:
        """How far the poll that is shared has come."""
        return self._hub._shared[service, teacher.user_id].channel.position

    async def subscribed(self, n: int) -> None:
        """When so many hear what comes from here on, of either service."""
        await until(lambda: sum(len(each.channel.members) for each in self._hub._shared.values()) == 2 * n)

    @property
    def _hub(self) -> Hub:
        hub = self.state["live"]
        assert isinstance(hub, Hub)
        return hub


@dataclass
class Teacher:
    """One per test, and what the services have to tell."""

    user_id: str
    cms: Database
    ras: Database

    async def tell(self, *updates: tuple[Any, Any]) -> None:
        """Each a type and a payload; in one transaction of the service that tells such."""
        of_ras = [each for each in updates if isinstance(each[0], ras.UpdateType)]
        of_cms = [each for each in updates if isinstance(each[0], cms.UpdateType)]
        for database, told in ((self.ras, of_ras), (self.cms, of_cms)):
            if told:
                async with database.write() as connection:
                    made = [Update(self.user_id, kind, payload) for kind, payload in told]
                    await Updates(newest_by=NEWEST).tell(connection, *made)

    async def status(self, batch_id: UUID, completed: int = 0, **changes: Any) -> None:
        payload = {
            "batch_id": batch_id,
            "status": "processing",
            "processing_phase": "spellcheck",
            "total_essays": 1000,
            "completed_essays": completed,
            "failed_essays": 0,
            "completed_at": None,
        }
        await self.tell((STATUS, payload | changes))

    async def a_class(self, name: str) -> UUID:
        """Told as created, whether there is one or not."""
        class_id = uuid4()
        await self.tell((cms.UpdateType.CLASS_CREATED, {"class_id": class_id, "name": name}))
        return class_id

    async def forget(self) -> None:
        """CMS's purge, as if all that the teacher was told there were old."""
        purge = text(
            "WITH gone AS (DELETE FROM teacher_updates WHERE user_id = :user_id RETURNING seq) "
            "INSERT INTO teacher_update_purges (user_id, seq) SELECT :user_id, max(seq) FROM gone"
        )
        async with self.cms.write() as connection:
            await connection.execute(purge, {"user_id": self.user_id})

    async def a_batch(self, **changes: Any) -> UUID:
        row = batch(user_id=self.user_id, **changes)
        async with AsyncSession(self.ras.engine, expire_on_commit=False) as session:
            session.add(row)
            await session.commit()
        return row.batch_id


@dataclass
class System:
    cms: Process
    ras: Process
    cms_database: Database
    ras_database: Database

    def teacher(self) -> Teacher:
        return Teacher(f"teacher-{uuid4().hex}", self.cms_database, self.ras_database)

    @asynccontextmanager
    async def gateway(self, **changes: Any) -> AsyncIterator[Gateway]:
        settings = gateway_settings(self, **changes)
        made = Gateway(lambda: create_gateway(settings), settings)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()

    async def followed(self, polls: int = 1) -> None:
        """When so many polls wait at either service."""
        await until(lambda: self.cms.waiting == self.ras.waiting == polls)


def gateway_settings(system: System, **changes: Any) -> GatewaySettings:
    values: dict[str, Any] = {
        "port": free_port(),
        "cms_base_url": system.cms.url,
        "ras_base_url": system.ras.url,
    }
    return GATEWAY.model_copy(update=values | changes)


@asynccontextmanager
async def running(cms_url: str, ras_url: str) -> AsyncIterator[System]:
    key = SecretStr(KEY)
    for_cms = CmsSettings(internal_api_key=key, database_url=cms_url, port=free_port(), event_subscribers={})
    for_ras = RasSettings(internal_api_key=key, database_url=ras_url, port=free_port(), event_subscribers={})
    system = System(
        Process(lambda: create_cms(for_cms), for_cms),
        Process(lambda: create_ras(for_ras), for_ras),
        Database.open(for_cms),
        Database.open(for_ras),
    )
    await system.cms.start()
    await system.ras.start()
    try:
        yield system
    finally:
        await system.cms.stop()
        await system.ras.stop()
        await system.cms_database.close()
        await system.ras_database.close()
