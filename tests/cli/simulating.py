"""The real CMS and RAS on their own databases and sockets, and a simulation of what is outside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from pydantic import SecretStr

from cli.simulator import Chances, Desk, Publisher, Simulation
from cli.simulator.events import CMS, RAS, subscribers
from cms_service.app import create_app as create_cms
from cms_service.settings import CmsSettings
from kit.events.http import http_client, http_transport
from ras_service.app import create_app as create_ras
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import INTERNAL, KEY
from tests.support.databases import Databases
from tests.support.ports import free_port
from tests.support.servers import served
from tests.support.teachers import Teacher

Json = dict[str, Any]
NEVER = Chances(guest=0, left=0, content_failed=0, cancelled=0, with_failures=0, failed_critically=0)


@dataclass
class School:
    """A teacher of one class, and what the simulation said."""

    cms: Teacher
    ras: httpx.AsyncClient
    class_id: str
    urls: dict[str, str]
    said: list[str] = field(default_factory=list)

    @property
    def teacher(self) -> str:
        return self.cms.user_id

    def told(self, part: str) -> bool:
        return any(part in line for line in self.said)

    @asynccontextmanager
    async def simulation(
        self, chances: Chances, *, speed: float = 5000, beside: str | None = None
    ) -> AsyncIterator[Simulation]:
        """`beside`: a URL that is told of everything, too."""
        routes = subscribers(self.urls)
        if beside:
            routes = {kind: [*urls, beside] for kind, urls in routes.items()}
        async with http_client("gateway", KEY) as client:
            desk = Desk(client, self.urls[CMS], self.teacher, self.said.append)
            publisher = Publisher(http_transport(routes, client, seconds=20), self.said.append)
            yield Simulation(desk, publisher, tell=self.said.append, speed=speed, chances=chances)

    async def batches(self) -> list[Json]:
        """As RAS has them, with their essays."""
        answer = await self.ras.get(f"/internal/v1/batches/user/{self.teacher}?limit=100&include=essays")
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["batches"]
        return found

    async def associations(self, batch_id: str) -> list[Json]:
        page = await self.cms.get(f"/batches/{batch_id}/student-associations", limit=100)
        found: list[Json] = page["associations"]
        return found


@dataclass
class System:
    cms: CmsSettings
    ras: RasSettings
    clients: dict[str, httpx.AsyncClient]

    @property
    def urls(self) -> dict[str, str]:
        return {name: str(client.base_url) for name, client in self.clients.items()}

    async def school(self, students: int = 10) -> School:
        """Of a new teacher."""
        cms = Teacher(self.clients[CMS], f"teacher-{uuid4()}")
        made = await cms.made("/classes", {"name": "SV1A", "course_codes": ["SV1"]})
        for n in range(students):
            name = {"first_name": "Åsa", "last_name": f"Öberg {n}"}
            await cms.made("/classes/students", {"person_name": name, "class_ids": [made["id"]]})
        return School(cms, self.clients[RAS], made["id"], self.urls)

    async def dead(self) -> list[str]:
        """Why, of all dead letters."""
        reasons = []
        for url in (self.cms.database_url, self.ras.database_url):
            connection = await asyncpg.connect(url.replace("+asyncpg", ""))
            try:
                reasons += [row["reason"] for row in await connection.fetch("SELECT reason FROM dead_letters")]
            finally:
                await connection.close()
        return reasons


async def settings(databases: Databases, brokers: str | None) -> tuple[CmsSettings, RasSettings]:
    ras = RasSettings(
        internal_api_key=SecretStr(KEY),
        database_url=await migrated(databases, "ras"),
        port=free_port(),
        kafka_bootstrap_servers=brokers,
    )
    cms = CmsSettings(
        internal_api_key=SecretStr(KEY),
        database_url=await migrated(databases, "cms"),
        port=free_port(),
        ras_base_url=f"http://127.0.0.1:{ras.port}",
        kafka_bootstrap_servers=brokers,
    )
    return cms, ras


@asynccontextmanager
async def system(databases: Databases, *, with_ras: bool = True, brokers: str | None = None) -> AsyncIterator[System]:
    """Without RAS, its port is free for another one on the same database."""
    cms, ras = await settings(databases, brokers)
    urls = {CMS: f"http://127.0.0.1:{cms.port}", RAS: cms.ras_base_url}
    async with (
        httpx.AsyncClient(base_url=urls[CMS], headers=INTERNAL, timeout=20) as to_cms,
        httpx.AsyncClient(base_url=urls[RAS], headers=INTERNAL, timeout=20) as to_ras,
        served(create_cms(cms), cms),
    ):
        made = System(cms, ras, {CMS: to_cms, RAS: to_ras})
        if with_ras:
            async with served(create_ras(ras), ras):
                yield made
        else:
            yield made


def of_batches(events: list[Json]) -> dict[UUID, list[Json]]:
    found: dict[UUID, list[Json]] = {}
    for event in events:
        found.setdefault(UUID(event["data"]["batch_id"]), []).append(event)
    return found
