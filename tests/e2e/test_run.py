"""`teacher-graph run` as a developer has it: real processes, a real terminal's signals, a folder of its own."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from cli.environment import TOLD
from cli.school import FIRST_TEACHER
from gateway.documents import document
from tests.support.system import Run, Runs, alive, called, free_ports, until

# One worker runs them all: they share one system.
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("run")]


# While it is up


def test_the_dashboard_takes_one_call_to_each_service(run: Run) -> None:
    answer = run.ask(document("dashboard"), first=100)
    page = answer["data"]["batches"]
    assert page["totalCount"] >= 120
    assert len(page["nodes"]) == 100
    assert [call["service"] for call in answer["extensions"]["upstream"]] == ["ras", "cms"]
    names = {node["classInfo"] and node["classInfo"]["className"] for node in page["nodes"]}
    assert len(names - {None}) > 1
    assert None in names, "a batch without a class is shown, too"


def test_what_is_told_is_complete_and_private(run: Run) -> None:
    assert run.told.keys() == TOLD | {"INTERNAL_API_KEY"}
    assert all(run.told.values())
    for name in ("env", "secrets"):
        assert (run.folder / ".run" / name).stat().st_mode & 0o777 == 0o600
    assert (run.folder / ".run").stat().st_mode & 0o777 == 0o700


def test_what_is_printed_is_enough_to_begin(run: Run) -> None:
    printed = run.said()
    for part in (f"{run.told['GATEWAY_URL']}/graphql\n", run.told["TOKEN"], FIRST_TEACHER, document("dashboard")):
        assert part in printed
    curl = printed[printed.index("\n. .run/env\n") :]
    done = subprocess.run(["sh", "-eu", "-c", curl], cwd=run.folder, capture_output=True, text=True, check=True)
    assert '"className"' in done.stdout


def test_graphiql_opens_with_the_query_and_a_token(run: Run) -> None:
    page = httpx.get(f"{run.told['GATEWAY_URL']}/graphql", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "query Dashboard(" in page.text
    assert "Bearer " in page.text


def test_a_developer_asks_the_services_by_hand(run: Run) -> None:
    credentials = {"X-Internal-API-Key": run.told["INTERNAL_API_KEY"], "X-Service-ID": run.told["SERVICE_ID"]}
    courses = httpx.get(f"{run.told['CMS_URL']}/internal/v1/courses", headers=credentials)
    assert len(courses.json()["courses"]) == 6
    batches = httpx.get(f"{run.told['RAS_URL']}/internal/v1/batches/user/{FIRST_TEACHER}", headers=credentials)
    assert batches.status_code == 200


def test_a_minted_token_signs_in_whoever_it_names(run: Run) -> None:
    minted = called(run.folder, "token", "--teacher", "nobody-yet")
    answer = run.ask("{ viewer { userId } batches { totalCount } }", minted.stdout.strip())
    assert answer["data"] == {"viewer": {"userId": "nobody-yet"}, "batches": {"totalCount": 0}}


def test_a_made_school_goes_into_the_running_system(run: Run) -> None:
    seeded = called(run.folder, "seed", "--teachers", "2", "--batches", "3", "--essays", "2")
    assert seeded.returncode == 0, seeded.stderr
    minted = called(run.folder, "token", "--teacher", "teacher-00001")
    answer = run.ask("{ batches { totalCount } }", minted.stdout.strip())
    assert answer["data"]["batches"]["totalCount"] == 3


def test_the_databases_that_are_told_are_the_services_own(run: Run) -> None:
    databases = {
        "CLASS_MANAGEMENT_SERVICE_DATABASE_URL": run.told["CMS_DATABASE_URL"],
        "RESULT_AGGREGATOR_SERVICE_DATABASE_URL": run.told["RAS_DATABASE_URL"],
    }
    assert called(run.folder, "migrate", "all", **databases).returncode == 0


def test_an_operator_looks_after_events_without_a_word_about_databases(run: Run) -> None:
    credentials = {"X-Internal-API-Key": run.told["INTERNAL_API_KEY"], "X-Service-ID": run.told["SERVICE_ID"]}
    httpx.post(f"{run.told['CMS_URL']}/internal/v1/events", headers=credentials, json=[{}]).raise_for_status()
    letters = called(run.folder, "events", "dead", "cms").stdout
    letters = called(run.folder, "events", "dead", "cms").stdout
    number = letters.split()[0]
    assert letters.endswith("2 bytes: Object missing required field `event_id`\n")
    for _ in range(2):
        again = called(run.folder, "events", "dead", "cms", number, "--retry")
        assert (again.stdout, again.stderr) == (f"{number} stays: Object missing required field `event_id`\n", "")
    assert called(run.folder, "events", "dead", "cms").stdout == letters
    assert called(run.folder, "events", "list", "ras").stdout == "nothing waits\n"


def test_a_second_run_says_who_is_running(run: Run) -> None:
    second = called(run.folder, "run", **free_ports())
    assert second.returncode == 1
    assert second.stderr == (
        f"teacher-graph: already running (process {run.process.pid}) in {run.folder.resolve() / '.run'}\n"
    )
    assert (run.folder / ".run" / "env").exists()


def test_what_it_told_may_be_exported_and_run_again(runs: Runs, tmp_path: Path) -> None:
    """Nothing of it is taken for a setting, GATEWAY_URL least of all: the next thing to miss is a free port."""
    again = called(tmp_path, "run", **runs.up().told, **runs.ports)
    assert again.stderr.endswith("is in use (CLASS_MANAGEMENT_SERVICE_PORT sets another)\n")


# How it ends


async def test_what_the_databases_hold_is_there_in_the_next_run(runs: Runs) -> None:
    async def sql(text: str) -> object:
        connection = await asyncpg.connect(runs.up().told["CMS_DATABASE_URL"].replace("+asyncpg", ""))
        try:
            return await connection.fetchval(text)
        finally:
            await connection.close()

    await sql("CREATE TABLE left_here AS SELECT 'by the run before'")
    assert runs.up().signalled(signal.SIGTERM) == 0
    assert await sql("TABLE left_here") == "by the run before"


def test_events_are_looked_after_while_it_is_down_too(runs: Runs) -> None:
    runs.up()
    runs.down()
    listed = called(runs.folder, "events", "list", "ras")
    assert (listed.returncode, listed.stdout) == (0, "nothing waits\n")
    assert listed.stderr == "Starting PostgreSQL (data in .run/postgres)\nStopping PostgreSQL\n"
    again = called(runs.folder, "events", "dead", "cms", "--retry")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.endswith("teacher-graph: CMS does not run here: `make run` starts it\n")
    assert not (runs.folder / ".run" / "postgres" / "data" / "postmaster.pid").exists()


def test_ctrl_c_stops_everything(run: Run) -> None:
    started = psutil.Process(run.process.pid).children(recursive=True)
    assert {each.pid for each in started} > set(run.services), "and PostgreSQL"
    assert run.signalled(signal.SIGINT) == 0
    assert not [each for each in started if alive(each.pid)]
    assert not (run.folder / ".run" / "env").exists()
    assert run.said("stderr") == ""


def test_a_crashed_service_is_told_and_the_rest_stopped(run: Run) -> None:
    started = psutil.Process(run.process.pid).children(recursive=True)
    os.kill(int(run.told["CMS_PID"]), signal.SIGKILL)
    assert run.process.wait(timeout=20) == 1
    assert not [each for each in started if alive(each.pid)]
    assert run.said("stderr").startswith("teacher-graph: CMS was killed by SIGKILL. The end of .run/logs/cms.log:\n")
    assert not (run.folder / ".run" / "env").exists()


def test_a_crashed_server_of_the_databases_is_told_and_the_rest_stopped(run: Run) -> None:
    record = run.folder / ".run" / "postgres" / "data" / "postmaster.pid"
    os.kill(int(record.read_text().splitlines()[0]), signal.SIGKILL)
    assert run.process.wait(timeout=20) == 1
    assert not [pid for pid in run.services if alive(pid)]
    assert run.said("stderr").startswith("teacher-graph: PostgreSQL ended.")


def test_a_killed_run_takes_its_services_along_and_the_next_one_works(runs: Runs) -> None:
    run = runs.up()
    run.process.kill()
    run.process.wait()
    assert until(lambda: not [pid for pid in run.services if alive(pid)], 5)
    assert runs.up().ask("{ batches { totalCount } }")["data"]["batches"]["totalCount"] >= 120


def test_a_second_ctrl_c_waits_for_nobody(run: Run) -> None:
    os.kill(int(run.told["GATEWAY_PID"]), signal.SIGSTOP)
    os.killpg(run.process.pid, signal.SIGINT)
    assert until(lambda: "Stopping the gateway" in run.said(), 5)
    assert run.signalled(signal.SIGINT) == 0
    assert not [pid for pid in run.services if alive(pid)]


# How it does not begin


def test_a_port_in_use_is_told_before_anything_is_started(tmp_path: Path) -> None:
    ports = free_ports()
    with socket.create_server(("127.0.0.1", int(ports["GATEWAY_PORT"]))):
        done = called(tmp_path, "run", **ports)
    assert done.returncode == 1
    assert done.stderr == f"teacher-graph: port {ports['GATEWAY_PORT']} is in use (GATEWAY_PORT sets another)\n"
    assert done.stdout == ""
    assert not (tmp_path / ".run" / "postgres").exists()


def test_a_start_that_fails_half_way_leaves_nothing_running(tmp_path: Path) -> None:
    away = "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/ras"
    done = called(tmp_path, "run", **free_ports(), RESULT_AGGREGATOR_SERVICE_DATABASE_URL=away)
    assert done.returncode == 1
    assert done.stderr.startswith("teacher-graph: cannot migrate the database ras: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout.endswith("Stopping PostgreSQL\n")
    assert not (tmp_path / ".run" / "postgres" / "data" / "postmaster.pid").exists()


# What needs no run


def test_a_school_is_made_where_nothing_runs(tmp_path: Path) -> None:
    """Beside the sample: the next run loads that only into empty databases."""
    done = called(tmp_path, "seed", "--teachers", "1", "--batches", "2", "--essays", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.index("Loading the sample school") < done.stdout.index("2 of 2 batches")
    assert not (tmp_path / ".run" / "postgres" / "data" / "postmaster.pid").exists()
