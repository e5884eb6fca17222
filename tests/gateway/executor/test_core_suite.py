"""graphql-core's own execution tests, fetched for the run, with plans in the place of its executor."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PLUGIN = Path(__file__).with_name("plugin")
DESCRIBE = "pytest-describe==3.2.0"
"""Their tests are written for it."""
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
IN_PARTS = "what is deferred or streamed comes at once from a plan, instead of an error or parts"
AT_ONCE = "a plan awaits what can be awaited, where `execute_sync` takes nothing for awaitable"
DIFFERENT = {
    "test_defer.py::original_execute_function_throws_error_if_deferred_and_all_is_sync": IN_PARTS,
    "test_defer.py::original_execute_function_throws_error_if_deferred_and_not_all_is_sync": IN_PARTS,
    "test_stream.py::original_execute_function_throws_error_if_streamed_and_all_is_sync": IN_PARTS,
    "test_stream.py::original_execute_function_throws_error_if_streamed_and_not_all_is_sync": IN_PARTS,
    "test_sync.py::throws_if_encountering_async_iterable_execution_with_check_sync": IN_PARTS,
    "test_sync.py::throws_if_encountering_async_iterable_execution_without_check_sync": IN_PARTS,
    "test_sync.py::throws_if_encountering_async_operation_without_check_sync": AT_ONCE,
    "test_sync.py::iterates_sync_and_async_iterables_synchronously_without_check_sync": AT_ONCE,
    "test_sync.py::reports_async_iterables_as_errors_without_check_sync": AT_ONCE,
}


def fetch(*arguments: str) -> None:
    """Skips where there is no package index."""
    done = subprocess.run([*PIP, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip {arguments[0]} failed: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Their tests, of the release that is installed and locked."""
    release = f"graphql-core=={version('graphql-core')}"
    fetch("download", "--no-deps", "--no-binary", "graphql-core", "--dest", str(tmp_path / "got"), release)
    fetch("install", "--no-deps", "--target", str(tmp_path / "describe"), DESCRIBE)
    [archive] = (tmp_path / "got").iterdir()
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in (ROOT / "requirements.lock").read_text()
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "suite", filter="data")
    [made] = (tmp_path / "suite").iterdir()
    return made


@pytest.mark.timeout(400)
def test_their_execution_tests_pass_by_plans(suite: Path, tmp_path: Path) -> None:
    report = run(suite, tmp_path)
    assert {short(each) for each in report["failed"]} == set(DIFFERENT)
    assert report["passed"] > 700
    assert report["planned"] > 300


def run(suite: Path, tmp_path: Path) -> dict[str, Any]:
    report = tmp_path / "report.json"
    options = [
        "-p",
        "no:cacheprovider",
        "-p",
        "through_plans",
        "-o",
        "addopts=",
        "-o",
        "filterwarnings=",
        "-W",
        "ignore",
    ]
    paths = os.pathsep.join(str(each) for each in (PLUGIN, ROOT, tmp_path / "describe"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", *options, "tests/execution"],
        cwd=suite,
        env={**os.environ, "PYTHONPATH": paths, "THROUGH_PLANS_REPORT": str(report), "TESTS_MUST_NOT_SKIP": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    told: dict[str, Any] = json.loads(report.read_text())
    return told


def short(node: str) -> str:
    """The file and the test, without the blocks between."""
    file, *names = node.split("::")
    return f"{Path(file).name}::{names[-1]}"
