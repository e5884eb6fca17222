"""Services as processes to be killed: `teacher-graph serve`, forked from one that has imported everything."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from cli.main import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["cli.serve", "cms_service.app", "ras_service.app", "tests.support.kafka", __name__])


def fork(
    service: str, environment: dict[str, str], log: Path, prepare: Callable[[], None] | None = None
) -> tuple[ForkServerProcess, Connection]:
    """With its lifeline: its standard input, which ends with the tests. `prepare` runs there first, and has a name."""
    stdin, lifeline = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_serve, args=(service, stdin, log, environment, prepare), daemon=True)
    process.start()
    stdin.close()
    return process, lifeline


def _serve(
    service: str, stdin: Connection, log: Path, environment: dict[str, str], prepare: Callable[[], None] | None
) -> None:
    os.dup2(stdin.fileno(), 0)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.update(environment)
    if prepare:
        prepare()
    sys.exit(main(["serve", service, "--with-parent"]))
