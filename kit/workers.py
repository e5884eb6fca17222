"""Several processes that serve one port.

The parent binds it and then forks, while there is neither a thread nor an event loop nor a connection of any kind: the
application is loaded once, its memory is shared, and one that dies is replaced within milliseconds. What was waiting
to be accepted is accepted by the others.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import structlog
from prometheus_client.multiprocess import mark_process_dead

log = structlog.get_logger("workers")

STARTUP_FAILURE = 3
"""Exit status, as uvicorn's own command has it."""
_HEALTHY_SECONDS = 10
_PAUSE_SECONDS, _LONGEST_PAUSE = 0.5, 30
_SPARE_SECONDS = 10
_BACKLOG = 2048
_STOPPING = (signal.SIGTERM, signal.SIGINT)

Run = Callable[[list[socket.socket]], None]


@dataclass(slots=True)
class Place:
    """Of a worker. `pid` is None while it waits for `since`, when the next one is due."""

    pid: int | None = None
    since: float = 0
    failures: int = 0
    """In a row, soon after the start."""


class Workers:
    """`run` serves the sockets until SIGTERM. `lifeline` ends when the parent is to stop."""

    def __init__(
        self, host: str, port: int, count: int, run: Run, *, stop_seconds: float, lifeline: int | None = None
    ) -> None:
        self._run = run
        self._places = [Place() for _ in range(count)]
        self._stop_seconds = stop_seconds
        self._lifeline = lifeline
        self._sockets = listening(host, port)
        self._signals, self._told = _pipe()
        # Nothing is ever written: it ends with the parent, however that happens.
        self._life, self._alive = _pipe()
        self._kill_at: float | None = None
        self._status = 0
        self._healthy = False

    def run(self) -> NoReturn:
        """Until SIGTERM or SIGINT; a second one ends the waiting. Raises SystemExit."""
        for each in (*_STOPPING, signal.SIGCHLD):
            signal.signal(each, lambda *_: None)  # the wake-up below is what counts
        signal.set_wakeup_fd(self._told)
        log.info("serving", workers=len(self._places), pid=os.getpid())
        while self._kill_at is None or any(each.pid for each in self._places):
            self._start_due()
            for number in self._wait():
                if number in _STOPPING:
                    self._stop(number)
            self._reap()
        log.info("stopped", status=self._status)
        sys.exit(self._status)

    # Waiting

    def _wait(self) -> Sequence[int]:
        """Numbers of signals that came."""
        watched = [self._signals] if self._lifeline is None else [self._signals, self._lifeline]
        ready, _, _ = select.select(watched, [], [], self._patience())
        numbers = list(os.read(self._signals, 1024)) if self._signals in ready else []
        if self._lifeline in ready and not _more(self._lifeline):
            self._lifeline = None
            numbers.append(signal.SIGTERM)
        return numbers

    def _patience(self) -> float | None:
        now = time.monotonic()
        if self._kill_at is not None:
            if now >= self._kill_at:
                self._signal_all(signal.SIGKILL)
                return 1
            return self._kill_at - now
        return min((max(0, each.since - now) for each in self._places if each.pid is None), default=None)

    # Beginning

    def _start_due(self) -> None:
        for place in self._places:
            if self._kill_at is None and place.pid is None and place.since <= time.monotonic():
                self._start(place)

    def _start(self, place: Place) -> None:
        place.since = time.monotonic()
        # Until it has handlers of its own, the child would tell the parent of its signals.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_STOPPING, signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            self._serve(before)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        place.pid = pid
        log.info("worker started", worker=pid)

    def _serve(self, unblocked: Iterable[int]) -> NoReturn:
        """In the child: what the parent has registered to be done at its exit is the parent's."""
        status = 1
        try:
            self._become_worker()
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            self._run(self._sockets)
            status = 0
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001  there is nobody above
            traceback.print_exc()
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
            os._exit(status)

    def _become_worker(self) -> None:
        signal.set_wakeup_fd(-1)
        for each in (*_STOPPING, signal.SIGCHLD):
            signal.signal(each, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setpgid(0, 0)  # Ctrl-C in the terminal is for the parent, which passes it on
        for unneeded in (self._signals, self._told, self._alive):
            os.close(unneeded)
        threading.Thread(target=stop_with, args=(self._life,), name="parent", daemon=True).start()

    # Ending

    def _reap(self) -> None:
        for place in self._places:
            if place.pid is None:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if pid:
                place.pid = None
                if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
                    mark_process_dead(pid)  # type: ignore[no-untyped-call]
                self._ended(place, pid, os.waitstatus_to_exitcode(status))

    def _ended(self, place: Place, pid: int, status: int) -> None:
        lived = time.monotonic() - place.since
        if self._kill_at is not None:
            log.info("worker ended", worker=pid, status=status)
            return
        self._healthy = self._healthy or lived >= _HEALTHY_SECONDS
        if status == STARTUP_FAILURE and not self._healthy:
            log.error("worker could not start", worker=pid)
            self._status = STARTUP_FAILURE
            self._stop(None)
            return
        place.failures = 0 if lived >= _HEALTHY_SECONDS else place.failures + 1
        pause = min(_LONGEST_PAUSE, _PAUSE_SECONDS * 2 ** (place.failures - 2)) if place.failures > 1 else 0
        place.since = time.monotonic() + pause
        log.error("worker died", worker=pid, status=status, next_in_seconds=pause)

    def _stop(self, number: int | None) -> None:
        if self._kill_at is not None:
            self._signal_all(signal.SIGINT)  # which is what makes a server hurry
            return
        self._kill_at = time.monotonic() + self._stop_seconds + _SPARE_SECONDS
        if number == signal.SIGTERM:
            self._status = 128 + number  # as the shell tells it
        for each in self._sockets:
            each.close()  # or what nobody accepts any more would wait here
        self._signal_all(signal.SIGTERM)

    def _signal_all(self, number: int) -> None:
        for each in self._places:
            if each.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(each.pid, number)


def listening(host: str, port: int) -> list[socket.socket]:
    """At every address of the host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
    return [socket.create_server(address, family=family, backlog=_BACKLOG) for family, address in addresses]


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    return reading, writing


def _more(lifeline: int) -> bool:
    try:
        return bool(os.read(lifeline, 1024))
    except OSError:
        return False


def stop_with(lifeline: int) -> None:
    while _more(lifeline):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
