"""compose.yaml as others read it: the Compose specification's schema, and Compose itself where it is installed."""

import functools
import json
import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deployment.compose_file import DOCUMENT, PASSED_ON, PATH, SAMPLES

COMMANDS = (["docker", "compose"], ["docker-compose"])


def schema() -> Any:
    package = pytest.importorskip("check_jsonschema", reason="the schema comes with check-jsonschema")
    folder = resources.files(package) / "builtin_schemas" / "vendor"
    return json.loads((folder / "compose-spec.json").read_text(encoding="utf-8"))


def test_the_file_is_valid_by_the_specification() -> None:
    jsonschema.validate(DOCUMENT, schema())


def test_the_schema_finds_a_mistake() -> None:
    mistaken = {**DOCUMENT, "services": {"cms": {**DOCUMENT["services"]["cms"], "comand": []}}}
    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.validate(mistaken, schema())


def test_compose_takes_the_file(tmp_path: Path) -> None:
    done = config(tmp_path, SAMPLES, "--services")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == set(DOCUMENT["services"])


def test_compose_passes_on_what_is_given_and_nothing_else(tmp_path: Path) -> None:
    done = config(tmp_path, SAMPLES | PASSED_ON)
    assert done.returncode == 0, done.stderr
    told = yaml.safe_load(done.stdout)["services"]["gateway"]["environment"]
    assert {name: told[name] for name in PASSED_ON} == PASSED_ON
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] is None


@pytest.mark.parametrize("missing", SAMPLES)
def test_compose_refuses_a_missing_variable_by_name(tmp_path: Path, missing: str) -> None:
    done = config(tmp_path, {name: value for name, value in SAMPLES.items() if name != missing}, "--quiet")
    assert done.returncode != 0
    assert missing in done.stderr


def config(folder: Path, variables: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """With the variables in a file, and none of the developer's own."""
    file = folder / "variables"
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [*compose(), "--env-file", str(file), "--file", str(PATH), "config", *options]
    return subprocess.run(command, env=inherited, check=False, capture_output=True, text=True)


def compose() -> list[str]:
    found = installed()
    if found is None:
        pytest.skip("neither `docker compose` nor `docker-compose` is installed")
    return found


@functools.cache
def installed() -> list[str] | None:
    return next((command for command in COMMANDS if answers(command)), None)


def answers(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "version"], check=False, capture_output=True).returncode == 0
