"""The two histories and what their tests share."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, NullPool, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

import cms_service.tables
import ras_service.tables
from tests.migrations import rows

ROOT = Path(__file__).parents[2]
INI = ROOT / "migrations" / "alembic.ini"


NewDatabase = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class History:
    name: str
    metadata: MetaData
    url_variable: str
    rows: str

    @property
    def files(self) -> list[Path]:
        return sorted((ROOT / "migrations" / self.name / "versions").glob("*.py"))

    @property
    def revisions(self) -> list[str]:
        """Oldest first."""
        script = ScriptDirectory.from_config(Config(str(INI), ini_section=self.name))
        return [each.revision for each in script.walk_revisions()][::-1]


CMS = History(
    "cms", cms_service.tables.Base.metadata, "CLASS_MANAGEMENT_SERVICE_DATABASE_URL", rows.CLASS_ROWS + rows.EVENT_ROWS
)
RAS = History(
    "ras",
    ras_service.tables.Base.metadata,
    "RESULT_AGGREGATOR_SERVICE_DATABASE_URL",
    rows.RESULT_ROWS + rows.EVENT_ROWS,
)
HISTORIES = (CMS, RAS)


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[AsyncConnection]:
    """One transaction, committed at the end of the block."""
    async with create_async_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


async def revision_of(url: str) -> str | None:
    async with connect(url) as connection:
        found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


async def alembic(history: History, url: str | None, *arguments: str, ini: Path = INI) -> Process:
    """Alembic's command line, started."""
    environment = {name: value for name, value in os.environ.items() if name != history.url_variable}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alembic", "-c", str(ini), "-n", history.name, *arguments),
        env={**environment, "PYTHONPATH": str(ROOT)} | ({history.url_variable: url} if url else {}),
        cwd="/",
        stdout=PIPE,
        stderr=STDOUT,
    )
