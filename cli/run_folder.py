"""The folder `.run`: what a run keeps, and what it tells while it is up."""

import fcntl
import os
import secrets
import shlex
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from cli.errors import CommandError


class InUseError(CommandError):
    """Another process has claimed the folder."""


class RunFolder:
    def __init__(self, path: Path = Path(".run")) -> None:
        self.path = path
        self.postgres = path / "postgres"
        self.logs = path / "logs"
        self._env = path / "env"
        self._secrets = path / "secrets"

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """One process at a time. Yields whether the one before was killed, so that parts of it may still be ending."""
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CommandError(f"cannot use the folder {self.path}: {error}") from None
        with os.fdopen(lock, "r+") as file:
            left_behind = _take(file, self.path)
            self._env.unlink(missing_ok=True)
            try:
                yield left_behind
            finally:
                self._env.unlink(missing_ok=True)
                file.truncate(0)

    def claimed_or_told(self, opened: AsyncExitStack) -> dict[str, str] | None:
        """What the run that is up tells. None when there is none: then we have the folder until `opened` ends."""
        try:
            opened.enter_context(self.claimed())
        except InUseError:
            told = self.read_env()
            if not told:
                starting = f"what runs in {self.path} is starting or stopping: try again when it is up or gone"
                raise CommandError(starting) from None
            return told
        return None

    def write_env(self, told: Mapping[str, str]) -> None:
        _write(self._env, told)

    def read_env(self) -> dict[str, str]:
        """Empty while nothing is up."""
        return _read(self._env)

    def secrets(self) -> dict[str, str]:
        """By the names of their settings; empty before the first run."""
        return _read(self._secrets)

    def ensure_secrets(self) -> dict[str, str]:
        fresh = {name: secrets.token_urlsafe(32) for name in ("INTERNAL_API_KEY", "GATEWAY_JWT_SECRET")}
        kept = self.secrets()
        if not fresh.keys() <= kept.keys():
            _write(self._secrets, fresh | kept)
        return fresh | kept


def _take(lock: TextIO, path: Path) -> bool:
    """Whether the last holder's number is still there: then it had no time to wipe it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InUseError(f"already running (process {lock.read() or 'unknown'}) in {path.resolve()}") from None
    left_behind = bool(lock.read())
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return left_behind


def _write(path: Path, values: Mapping[str, str]) -> None:
    # Whole or not at all, and never readable by others.
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    part.replace(path)


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error}") from None
    assignments = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, _, value in assignments}
