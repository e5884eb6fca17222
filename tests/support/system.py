"""The whole system as `teacher-graph run` starts it: real processes, a folder and ports of its own."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.ports import free_port

PORTS = ("GATEWAY_PORT", "CLASS_MANAGEMENT_SERVICE_PORT", "RESULT_AGGREGATOR_SERVICE_PORT")
OURS = ("GATEWAY_", "CLASS_MANAGEMENT_SERVICE_", "RESULT_AGGREGATOR_SERVICE_", "INTERNAL_API_KEY", "ALLOWED_SERVICE_")


def free_ports() -> dict[str, str]:
    different: set[int] = set()
    while len(different) < len(PORTS):
        different.add(free_port())
    return dict(zip(PORTS, map(str, different), strict=True))


def environment(**settings: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)} | settings


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", *arguments]


def called(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    """Not so for one that nobody has reaped yet."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


@dataclass
class Run:
    folder: Path
    process: "subprocess.Popen[bytes]"
    told: dict[str, str]

    @property
    def services(self) -> list[int]:
        return [int(self.told[name]) for name in ("GATEWAY_PID", "CMS_PID", "RAS_PID")]

    def signalled(self, number: signal.Signals) -> int:
        """As the terminal does it, for the whole process group. The exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=20)

    def said(self, stream: str = "stdout") -> str:
        return (self.folder / stream).read_text()

    def ask(self, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        answer = httpx.post(
            f"{self.told['GATEWAY_URL']}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token or self.told['TOKEN']}"},
        )
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        assert "errors" not in body
        return body


class Runs:
    """One system, started again by whoever finds it down. Its data are the sample's alone, unless it may move."""

    def __init__(self, folder: Path, *, still: bool = True) -> None:
        self.folder = folder
        self.call = command("run", *(["--still"] if still else []))
        self.ports = free_ports()
        self.running: Run | None = None

    def up(self) -> Run:
        if self.running is None or self.running.process.poll() is not None:
            self.running = self._start()
        return self.running

    def down(self) -> None:
        if self.running is not None and self.running.process.poll() is None:
            self.running.signalled(signal.SIGINT)

    def _start(self) -> Run:
        with (self.folder / "stdout").open("wb") as stdout, (self.folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                self.call,
                cwd=self.folder,
                env=environment(**self.ports),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        run = Run(self.folder, process, {})
        assert until(lambda: process.poll() is not None or "is up" in run.said(), 60)
        assert process.poll() is None, run.said("stderr")
        words = shlex.split((self.folder / ".run" / "env").read_text())
        run.told = dict(word.split("=", 1) for word in words)
        return run
