"""The README's commands, run as they stand."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gateway.documents import document
from tests.support.system import Run

pytestmark = pytest.mark.e2e

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
FOR_A_RUNNING_SYSTEM = [block for block in BLOCKS if ".run/env" in block]
ANSWERS = [
    ('"className"', '"course_code"'),
    ('"hasNext":true', '"hasNext":false', "at most 5,000 are allowed", 'reason="cost"'),
    ('"class_name"', '"total_count"'),
]


@pytest.mark.parametrize(("block", "answers"), [*zip(FOR_A_RUNNING_SYSTEM, ANSWERS, strict=True)])
def test_the_commands_work_while_the_system_runs(run: Run, block: str, answers: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["sh", "-eu", "-c", block], cwd=run.folder, capture_output=True, text=True, timeout=30, check=True
    )
    assert [each for each in answers if each not in done.stdout] == []


def test_the_answer_that_is_shown_is_the_sample_schools(run: Run) -> None:
    [shown] = re.findall(r"^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    answer = run.ask(document("dashboard"), first=2)
    assert json.loads(shown)["data"] == answer["data"]
