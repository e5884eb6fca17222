"""`teacher-graph run` as it is without `--still`: somebody hands in, and the dashboard moves."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.system import Run, Runs, alive, called, until

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("run")]
SAMPLE = 126
"""Batches of its first teacher."""


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Run]:
    runs = Runs(tmp_path, still=False)
    yield runs.up()
    runs.down()


def test_the_dashboard_moves_until_ctrl_c(moving: Run) -> None:
    def total() -> int:
        return int(moving.ask("{ batches { totalCount } }")["data"]["batches"]["totalCount"])

    assert until(lambda: total() > SAMPLE, 20)
    assert "handed in: " in (moving.folder / ".run" / "logs" / "simulator.log").read_text()

    played = called(moving.folder, "simulate", "--batches", "2", "--speed", "1000")
    assert (played.returncode, played.stderr) == (0, "")
    assert played.stdout.count("handed in: ") == 2
    assert total() >= SAMPLE + 3

    started = psutil.Process(moving.process.pid).children(recursive=True)
    assert moving.signalled(signal.SIGINT) == 0
    assert not [each for each in started if alive(each.pid)]
    assert moving.said("stderr") == ""
