from collections.abc import Iterator

import pytest

from tests.support.system import Run, Runs


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    made = Runs(tmp_path_factory.mktemp("run"))
    yield made
    made.down()


@pytest.fixture
def run(runs: Runs) -> Run:
    return runs.up()
