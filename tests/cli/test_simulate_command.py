"""The pipeline simulator as a command, and when services come and go under it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from cli.main import main
from cli.simulator.events import CMS, RAS
from tests.cli.simulating import NEVER, System, system
from tests.kit.events.subscriber import until
from tests.support.apps import KEY
from tests.support.databases import Databases

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
async def up(databases: Databases) -> AsyncIterator[System]:
    async with system(databases) as made:
        yield made


# While services come and go


@asynccontextmanager
async def ras_process(up: System) -> AsyncIterator[Process]:
    """Ready to answer."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RESULT_AGGREGATOR_SERVICE_")},
        "INTERNAL_API_KEY": KEY,
        "RESULT_AGGREGATOR_SERVICE_DATABASE_URL": up.ras.database_url,
        "RESULT_AGGREGATOR_SERVICE_PORT": str(up.ras.port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "serve", "ras", "--with-parent"),
        cwd=ROOT,
        env=environment,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        while not await ready(up.clients[RAS]):
            assert process.returncode is None
            await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx.TransportError:
        return False


async def test_no_batch_is_lost_when_a_service_is_killed(databases: Databases) -> None:
    async with system(databases, with_ras=False) as up:
        school = await up.school()
        async with school.simulation(NEVER, speed=500) as simulation:
            async with ras_process(up) as ras:
                playing = asyncio.create_task(simulation.run(6))
                await until(lambda: sum("handed in" in line for line in school.said) >= 3, 30)
                ras.kill()
                await until(lambda: school.told("is away"), 30)
            async with ras_process(up):
                await playing
                batches = await school.batches()
        assert [each["overall_status"] for each in batches] == ["completed_successfully"] * 6
        assert [each["completed_essay_count"] for each in batches] == [each["essay_count"] for each in batches]
        assert await up.dead() == []


# The command


@pytest.fixture
def calling(up: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """Somebody who has exported where the system is."""
    monkeypatch.chdir(tmp_path)
    told = {"CMS_URL": up.urls[CMS], "RAS_URL": up.urls[RAS], "INTERNAL_API_KEY": KEY, "SERVICE_ID": "gateway"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return up


async def test_the_command_plays_so_many_batches(calling: System, capsys: pytest.CaptureFixture[str]) -> None:
    school = await calling.school()
    call = ["simulate", "--batches", "3", "--speed", "5000", "--teacher", school.teacher]
    assert await asyncio.to_thread(main, call) == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert sum(line.startswith("handed in: ") for line in lines) == len(await school.batches()) == 3
    assert any(line.startswith("Ended: ") for line in lines)


async def test_a_wrong_key_is_told(
    calling: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERNAL_API_KEY", "wrong")
    assert await asyncio.to_thread(main, ["simulate", "--batches", "1", "--speed", "5000"]) == 1
    said = capsys.readouterr()
    assert "CMS refuses GET /classes" in said.out
    assert said.err == "teacher-graph: 1 broken off, because something was refused\n"


def test_where_nothing_is_up_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CMS_URL", "RAS_URL", "INTERNAL_API_KEY", "SERVICE_ID"):
        monkeypatch.delenv(name, raising=False)
    assert main(["simulate"]) == 2
    assert capsys.readouterr().err == (
        "teacher-graph: nothing is up here: `make run` first, or set CMS_URL, RAS_URL, INTERNAL_API_KEY, SERVICE_ID\n"
    )


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("--batches 0", "argument --batches: '0' is not a whole number above 0"),
        ("--speed 0", "argument --speed: '0' is not a number from 0.001 to 10000"),
        ("--speed fast", "argument --speed: 'fast' is not a number from 0.001 to 10000"),
        ("--speed nan", "argument --speed: 'nan' is not a number from 0.001 to 10000"),
        ("--teacher ..", "argument --teacher: '..' is not a user id"),
    ],
)
def test_a_wrong_call_is_told(call: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["simulate", *call.split()])
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err
