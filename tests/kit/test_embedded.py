import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

import kit.embedded
from kit.embedded import SUPERUSER, EmbeddedPostgres, EmbeddedPostgresError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("server") / "postgres", durable=False) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cluster, not running."""
    folder = tmp_path_factory.mktemp("cluster") / "postgres"
    with EmbeddedPostgres(folder, durable=False):
        return folder


@asynccontextmanager
async def connection(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connected = await asyncpg.connect(url.replace("+asyncpg", ""), ssl=False)
    try:
        yield connected
    finally:
        await connected.close()


async def value(url: str, sql: str) -> object:
    async with connection(url) as connected:
        return await connected.fetchval(sql)


# Databases and roles


async def test_a_database_belongs_to_a_role_of_its_name_that_is_no_superuser(server: EmbeddedPostgres) -> None:
    url = await server.create_database("owned")
    async with connection(url) as connected:
        await connected.execute("CREATE TYPE colour AS ENUM ('red'); CREATE TABLE painted (colour colour)")
        row = await connected.fetchrow(
            "SELECT current_user AS me, current_database() AS here, pg_get_userbyid(datdba) AS owner, rolsuper,"
            " rolcreatedb, rolcreaterole, pg_encoding_to_char(encoding) AS encoding, datcollate, datctype"
            " FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = current_user"
        )
    assert row is not None
    assert dict(row) == {
        "me": "owned",
        "here": "owned",
        "owner": "owned",
        "rolsuper": False,
        "rolcreatedb": False,
        "rolcreaterole": False,
        "encoding": "UTF8",
        "datcollate": "C",
        "datctype": "C",
    }


async def test_the_role_reads_no_file_of_the_server(server: EmbeddedPostgres) -> None:
    url = await server.create_database("curious")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await value(url, "SELECT pg_read_file('PG_VERSION')")


async def test_creating_a_database_again_keeps_it_and_its_url(server: EmbeddedPostgres) -> None:
    url = await server.create_database("twice")
    async with connection(url) as connected:
        await connected.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert await server.create_database("twice") == url == server.url("twice")
    assert await value(url, "SELECT one FROM kept") == 1


@pytest.mark.parametrize("user", ["guarded", SUPERUSER])
async def test_a_wrong_password_is_refused(server: EmbeddedPostgres, user: str) -> None:
    await server.create_database("guarded")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(
            host="127.0.0.1", port=server.port, user=user, password="wrong", database="guarded", ssl=False
        )


async def test_a_role_cannot_connect_to_a_database_of_another(server: EmbeddedPostgres) -> None:
    await server.create_database("mine")
    await server.create_database("yours")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await value(server.url("mine", user="yours"), "SELECT 1")


async def test_dropping_a_database_ends_its_connections(server: EmbeddedPostgres) -> None:
    async with connection(await server.create_database("dropped")) as connected:
        await server.drop_database("dropped")
        with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)):
            await connected.fetchval("SELECT 1")
    await server.drop_database("dropped")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await value(server.url("dropped"), "SELECT 1")


@pytest.mark.parametrize(
    "name", ["", "Upper", "9lives", 'quo"te', "da-sh", "å", "line\n", "x" * 64, "postgres", "template0", "pg_mine"]
)
async def test_other_names_are_refused(server: EmbeddedPostgres, name: str) -> None:
    for refused in (server.create_database(name), server.drop_database(name)):
        with pytest.raises(ValueError, match=r"a database is named \[a-z_\]"):
            await refused


async def test_a_role_without_a_password_has_no_url(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no password of the role stranger"):
        server.url("stranger")


# The server


async def test_it_listens_on_the_loopback_address_with_the_settings_of_its_kind(server: EmbeddedPostgres) -> None:
    names = ["listen_addresses", "unix_socket_directories", "max_connections", "TimeZone", "jit", "fsync", "wal_level"]
    async with connection(server.url("postgres")) as connected:
        settings = [await connected.fetchval("SELECT current_setting($1)", name) for name in names]
    assert settings == ["127.0.0.1", "", "400", "UTC", "off", "off", "minimal"]


def test_ctrl_c_in_the_terminal_does_not_reach_it_before_us(server: EmbeddedPostgres) -> None:
    assert os.getsid(server.pid) == server.pid


async def test_stopping_keeps_the_data_and_starting_again_finds_it(cluster: Path) -> None:
    server = EmbeddedPostgres(cluster)
    with server:
        url = await server.create_database("lasting")
        async with connection(url) as connected:
            await connected.execute("CREATE TABLE kept AS SELECT 'åäö' AS text")
        assert await value(url, "SELECT current_setting('fsync')") == "on"
    server.stop()
    with pytest.raises(EmbeddedPostgresError, match="not running"):
        server.url("lasting")
    with server:
        assert await value(server.url("lasting"), "SELECT text FROM kept") == "åäö"


def test_a_folder_that_is_in_use_is_left_to_its_user(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as first:
        pid = first.pid
        with pytest.raises(EmbeddedPostgresError, match="run that is still going"):
            EmbeddedPostgres(cluster).start()
        with pytest.raises(EmbeddedPostgresError, match="running already"):
            first.start()
        assert first.pid == pid
        assert is_running(pid)


START_AND_VANISH = """
import asyncio, os, sys, pathlib, kit.embedded
server = kit.embedded.EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
server.start()
asyncio.run(server.create_database("orphan"))
print(server.pid, flush=True)
os._exit(0)
"""


async def test_a_server_that_a_killed_run_left_is_replaced(cluster: Path) -> None:
    orphan = int(run_python(START_AND_VANISH, cluster))
    assert is_running(orphan)
    with EmbeddedPostgres(cluster, durable=False) as server:
        assert not is_running(orphan)
        assert await value(server.url("orphan"), "SELECT current_user") == "orphan"
    assert "database system was not properly shut down" not in (cluster / "log").read_text()


def test_a_moved_folder_does_not_hide_the_server_that_is_left_on_it(cluster: Path, tmp_path: Path) -> None:
    orphan = int(run_python(START_AND_VANISH, cluster))
    moved = cluster.rename(tmp_path / "moved")
    with EmbeddedPostgres(moved, durable=False):
        assert not is_running(orphan)
    moved.rename(cluster)


def test_a_crashed_server_recovers(cluster: Path) -> None:
    with EmbeddedPostgres(cluster, durable=False) as server:
        os.kill(server.pid, signal.SIGKILL)
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        assert (cluster / "data" / "postmaster.pid").exists()
        server.stop()
        server.start()
        assert is_running(server.pid)
    assert "database system was not properly shut down" in (cluster / "log").read_text()


@pytest.mark.parametrize("record", ["999999999\n/nowhere\n1\n1\n", "999999999", "garbage\n", ""])
def test_a_stale_record_of_a_server_does_not_prevent_a_start(cluster: Path, record: str) -> None:
    (cluster / "data" / "postmaster.pid").write_text(record)
    with EmbeddedPostgres(cluster, durable=False) as server:
        assert is_running(server.pid)


def test_a_record_of_another_living_server_neither_prevents_a_start_nor_stops_that_one(
    cluster: Path, server: EmbeddedPostgres
) -> None:
    record = (server.folder / "data" / "postmaster.pid").read_text()
    (cluster / "data" / "postmaster.pid").write_text(record)
    with EmbeddedPostgres(cluster, durable=False):
        assert is_running(server.pid)


def test_a_port_that_somebody_took_is_left_for_another(cluster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = [taken.getsockname()[1], free.getsockname()[1]]
        free.close()
        monkeypatch.setattr(kit.embedded, "_free_port", iter(ports).__next__)
        with EmbeddedPostgres(cluster, durable=False) as server:
            assert server.port == ports[1]


def test_a_failed_start_shows_the_end_of_the_log_and_can_be_repeated(cluster: Path) -> None:
    settings = cluster / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    server = EmbeddedPostgres(cluster, durable=False)
    with pytest.raises(EmbeddedPostgresError, match=r"does not start(.|\n)*no_such_setting"):
        server.start()
    settings.write_text(before)
    with server:
        assert is_running(server.pid)


# What lies on the disk


def test_nothing_around_the_folder_changes_and_the_passwords_are_ours_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = {parent: owner_and_mode(parent) for parent in [tmp_path, *tmp_path.parents]}
    folder = tmp_path / "deep" / "postgres"
    with EmbeddedPostgres(folder, durable=False):
        assert {parent: owner_and_mode(parent) for parent in before} == before
        assert [each.name for each in tmp_path.iterdir()] == ["deep"]
        assert modes(folder) == {"data": 0o700, "lock": 0o600, "log": 0o600, "passwords": 0o700}
        assert modes(folder / "passwords") == {SUPERUSER: 0o600}


def owner_and_mode(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid, found.st_mode


def modes(folder: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}


@pytest.mark.parametrize(
    ("version", "told"), [("17", "made by PostgreSQL 17.*make clean"), ("18", "belongs to user 4321.*make clean")]
)
def test_a_cluster_that_cannot_be_used_is_told(tmp_path: Path, version: str, told: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text(f"{version}\n")
    if version == "18":
        if os.geteuid() != 0:
            pytest.skip("only root can make another user's cluster; run as root")
        os.chown(data, 4321, 4321)
    with pytest.raises(EmbeddedPostgresError, match=told):
        EmbeddedPostgres(tmp_path).start()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    essay = tmp_path / "data" / "essay.txt"
    essay.parent.mkdir()
    essay.write_text("Sommarlovet")
    with pytest.raises(EmbeddedPostgresError, match="is not empty"):
        EmbeddedPostgres(tmp_path).start()
    assert essay.read_text() == "Sommarlovet"


def run_python(script: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, folder], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
