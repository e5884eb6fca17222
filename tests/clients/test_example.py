"""The example beside `make run`: the sample teacher's dashboard, and its rows anew when a batch changes."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from cli.school import FIRST_TEACHER
from cms_service.settings import CmsSettings
from gateway.documents import document
from kit.db import Database
from ras_service.settings import RasSettings
from tests.gateway.live.system import SECONDS, Teacher
from tests.support.system import Run, Runs, environment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("clients")]


@pytest.fixture(scope="module")
def run(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    runs = Runs(tmp_path_factory.mktemp("run"))
    yield runs.up()
    runs.down()


@pytest.fixture
async def teacher(run: Run) -> AsyncIterator[Teacher]:
    """The sample's, and what the services have to tell them."""
    key = SecretStr(run.told["INTERNAL_API_KEY"])
    cms = Database.open(CmsSettings(internal_api_key=key, database_url=run.told["CMS_DATABASE_URL"]))
    ras = Database.open(RasSettings(internal_api_key=key, database_url=run.told["RAS_DATABASE_URL"]))
    yield Teacher(FIRST_TEACHER, cms, ras)
    await cms.close()
    await ras.close()


@asynccontextmanager
async def dashboard(client: Path, folder: Path, *arguments: str) -> AsyncIterator[asyncio.StreamReader]:
    process = await asyncio.create_subprocess_exec(
        *("node", str(client / "dist" / "dashboard.js"), *arguments),
        cwd=folder,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        yield process.stdout
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def line(lines: asyncio.StreamReader) -> str:
    async with asyncio.timeout(SECONDS):
        return (await lines.readline()).decode().rstrip("\n")


def shown(row: dict[str, Any]) -> str:
    phase = f" ({row['processingPhase']})" if row["processingPhase"] else ""
    return " | ".join(
        (
            row["title"] or "Untitled Batch",
            row["classInfo"]["className"] if row["classInfo"] else "-",
            f"{row['status']}{phase}",
            f"{row['progress']} %",
            f"{row['completedEssays']}+{row['failedEssays']}/{row['totalEssays']}",
        )
    )


@pytest.mark.parametrize("over", ["websocket", "events"])
async def test_rows_are_shown_and_patched(client: Path, run: Run, teacher: Teacher, over: str) -> None:
    rows = run.ask(document("dashboard"))["data"]["batches"]["nodes"]
    async with dashboard(client, run.folder, "60", over) as lines:
        assert [await line(lines) for _ in rows] == [shown(row) for row in rows]
        patched = rows[7] | {"status": "PROCESSING", "processingPhase": "SPELLCHECK", "progress": 25}
        patched |= {"completedEssays": 250, "failedEssays": 0, "totalEssays": 1000}
        telling = asyncio.create_task(tell(teacher, rows[7]["batchId"]))
        assert await line(lines) == f"* {shown(patched)}"
        telling.cancel()


async def tell(teacher: Teacher, batch_id: Any) -> None:
    """Until somebody hears it."""
    while True:
        await teacher.status(batch_id, 250)
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("over", ["websocket", "events"])
async def test_it_ends_when_its_time_is_up(client: Path, run: Run, over: str) -> None:
    async with dashboard(client, run.folder, "1", over) as lines:
        async with asyncio.timeout(SECONDS):
            assert len((await lines.read()).splitlines()) == 20


def test_it_says_where_it_looked(client: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["node", client / "dist" / "dashboard.js"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "GATEWAY_URL and TOKEN are not set, and there is no .run/env: is `make run` up?" in done.stderr
