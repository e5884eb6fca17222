"""The folder of an embedded PostgreSQL: the cluster in `data` and the passwords of its roles in `passwords`."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from kit.embedded_programs import (
    MAJOR_VERSION,
    EmbeddedPostgresError,
    Programs,
    program_environment,
    serves,
    shut_down,
)

SUPERUSER = "postgres"


class Passwords:
    """One file per role, that only we can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "passwords"

    def read(self, role: str) -> str:
        try:
            return (self._folder / role).read_text()
        except FileNotFoundError:
            raise EmbeddedPostgresError(f"{self._folder} has no password of the role {role}.") from None

    def ensure(self, role: str) -> str:
        if not (self._folder / role).exists():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            _write_private(self._folder / role, secrets.token_hex(24))
        return self.read(role)


class Cluster:
    def __init__(self, folder: Path, programs: Programs) -> None:
        self.data = folder / "data"
        self._folder = folder
        self._programs = programs
        self._record = self.data / "postmaster.pid"

    def prepare(self, *, sync: bool) -> None:
        """Makes the cluster, or frees an earlier one of the server that a killed run left on it."""
        version = self.data / "PG_VERSION"
        if version.exists():
            self._check(version.read_text().strip())
            self._end_orphan()
        else:
            self._create(sync=sync)

    def ready(self, pid: int) -> bool:
        """Whether the server `pid` accepts connections: PostgreSQL writes so into the eighth line of its record."""
        lines = self._record_lines()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _record_lines(self) -> list[str]:
        try:
            return self._record.read_text().splitlines()
        except FileNotFoundError:
            return []

    def _check(self, version: str) -> None:
        if version != str(MAJOR_VERSION):
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR_VERSION}: "
                "`make clean` removes it with all that is in it."
            )
        owner, user = self.data.stat().st_uid, self._programs.account.uid
        if owner != user:
            raise EmbeddedPostgresError(
                f"{self.data} belongs to user {owner}, and PostgreSQL would run as user {user}: "
                "run as whoever made it, or remove it with `make clean`."
            )

    def _end_orphan(self) -> None:
        match self._record_lines():
            case [pid, directory, *_] if pid.isdecimal() and self._is_data(Path(directory)):
                orphan = int(pid)
                if serves(orphan, directory):
                    shut_down(orphan, lambda: not serves(orphan, directory))
        # The number may be another process's by now, and PostgreSQL would not start beside that one. Should a server
        # be on the directory after all, its shared memory still keeps a second one out.
        self._record.unlink(missing_ok=True)

    def _is_data(self, directory: Path) -> bool:
        # Another directory when the folder was copied; gone when it was moved below a running server.
        return not directory.exists() or directory.samefile(self.data)

    def _create(self, *, sync: bool) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedPostgresError(f"{self.data} is not empty, and is no PostgreSQL cluster.")
        # Made aside and moved into place: a run that is killed meanwhile leaves no half of a cluster.
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_over(fresh)
        password = self._folder / "initdb_password"
        _write_private(password, Passwords(self._folder).ensure(SUPERUSER))
        self._hand_over(password)
        try:
            self._initdb(fresh, password, sync=sync)
        finally:
            password.unlink()
        fresh.rename(self.data)

    def _hand_over(self, path: Path) -> None:
        os.chown(path, self._programs.account.uid, self._programs.account.gid)

    def _initdb(self, data: Path, password: Path, *, sync: bool) -> None:
        options = [f"--pgdata={data}", f"--username={SUPERUSER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale=C", "--no-instructions", *([] if sync else ["--no-sync"])]
        command = [*self._programs.command("initdb", data=data), *options]
        done = subprocess.run(  # noqa: S603
            command, env=program_environment(), cwd="/", capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"initdb cannot make a cluster in {data}:\n{done.stderr.strip()}")


def _write_private(path: Path, text: str) -> None:
    # Whole or not at all: half a password would lock its role out for ever.
    part = path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
