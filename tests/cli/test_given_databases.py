"""`migrate` and `seed` on databases that the environment names."""

import asyncio
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from cli.main import main
from cli.stack import DATABASE_VARIABLES
from tests.support.databases import Databases

pytestmark = pytest.mark.usefixtures("nowhere")


def test_migrations_name_the_databases_that_they_miss(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "all"]) == 2
    assert capsys.readouterr().err == f"teacher-graph: set {' and '.join(DATABASE_VARIABLES.values())}\n"


@pytest.mark.parametrize("call", [["migrate", "cms"], ["seed", "--teachers=1", "--batches=1", "--essays=1"]])
def test_a_database_is_given_as_the_services_take_it(
    call: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLES["cms"], "mysql://somewhere/cms")
    assert main(call) == 2
    assert capsys.readouterr().err == (
        f"teacher-graph: {DATABASE_VARIABLES['cms']} does not start with postgresql+asyncpg://\n"
    )


def test_a_database_that_is_away_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLES["ras"], "postgresql+asyncpg://nobody:secret@127.0.0.1:1/none")
    assert main(["migrate", "ras"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("teacher-graph: cannot migrate the database ras: ")
    assert told.count("\n") == 1
    assert "secret" not in told


@pytest.fixture
async def given(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two empty databases in the environment; the URL of RAS's."""
    for name, variable in DATABASE_VARIABLES.items():
        url = await databases.create(f"given_{name}_{uuid4().hex[:12]}")
        monkeypatch.setenv(variable, url)
    return url


def test_given_databases_are_migrated_and_filled_and_no_other(
    given: str, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def batches() -> object:
        connection = await asyncpg.connect(given.replace("+asyncpg", ""))
        try:
            return await connection.fetchval("SELECT count(*) FROM batch_results")
        finally:
            await connection.close()

    assert main(["migrate", "all"]) == 0
    call = ["seed", "--teachers=2", "--batches=3", "--essays=2"]
    assert main(call) == 0
    assert asyncio.run(batches()) == 6
    assert capsys.readouterr().err == ""
    assert main(call) == 1
    assert capsys.readouterr().err.startswith("teacher-graph: cannot load the school: There is a made school already")
    assert not list(nowhere.iterdir())
