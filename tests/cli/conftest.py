import os
from pathlib import Path

import pytest

from cli.environment import TOLD

PREFIXES = ("GATEWAY_", "CLASS_MANAGEMENT_SERVICE_", "RESULT_AGGREGATOR_SERVICE_")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and none of our settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(PREFIXES) or name in {"INTERNAL_API_KEY", "ENVIRONMENT", *TOLD}:
            monkeypatch.delenv(name)
    return tmp_path
