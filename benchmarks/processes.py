"""Processes that end when we do, however that happens: each watches its standard input, which only we hold open."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.errors import BenchmarkError

_START_SECONDS = 60
_STOP_SECONDS = 40


def end_with_parent(how: signal.Signals) -> None:
    """Called in the started process: sends itself `how` when standard input ends."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), how)

    threading.Thread(target=watch, name="parent", daemon=True).start()


@contextmanager
def started(
    name: str,
    *arguments: str,
    logs: Path,
    environment: Mapping[str, str],
    answers: bool = False,
    program: str = sys.executable,
) -> Iterator[subprocess.Popen[bytes]]:
    """The program with these arguments. One that `answers` has a pipe for its output; otherwise the log has it."""
    file = logs / f"{name}.log"
    file.unlink(missing_ok=True)
    # Appended to, so that it may be emptied meanwhile.
    with file.open("ab") as log:
        process = subprocess.Popen(
            [program, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if answers else log,
            stderr=None if answers else log,
            # Ctrl-C in the terminal is for us.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def wait_until_answering(name: str, process: subprocess.Popen[bytes], port: int, logs: Path) -> None:
    """Whatever it answers. Raises BenchmarkError."""
    give_up = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > give_up:
            said = (logs / f"{name}.log").read_text(errors="replace").splitlines()[-15:]
            raise BenchmarkError("\n".join([f"{name} does not start:", *said]))
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
        probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return bool(probe.recv(1))
    return False


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        # All are held at once, so that no two are the same.
        found = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in found]


def answer(process: subprocess.Popen[bytes]) -> bytes:
    """A line from a process that was started to give such."""
    assert process.stdout is not None
    line: bytes = process.stdout.readline()
    if not line:
        raise BenchmarkError("what should have answered has ended; it says why above")
    return line
