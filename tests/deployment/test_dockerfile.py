"""The Dockerfile against the tree, the lock and compose.yaml; it cannot be built where there is no Docker engine."""

import re
import subprocess
import tomllib
from typing import Any

from cms_service.settings import CmsSettings
from gateway.settings import GatewaySettings
from ras_service.settings import RasSettings
from tests.deployment.compose_file import ROOT

Instruction = tuple[str, str]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_SHIPPED = {"tests", "benchmarks"}


def instructions() -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def stages() -> tuple[list[Instruction], list[Instruction]]:
    found = instructions()
    first, second = (index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[first:second], found[second:]


def rest_of(name: str, among: list[Instruction]) -> list[str]:
    return [rest for each, rest in among if each == name]


def sources() -> list[str]:
    return [source for copied in rest_of("COPY", stages()[0]) for source in copied.split()[:-1]]


def test_both_stages_stand_on_one_pinned_python() -> None:
    building, running = (rest_of("FROM", stage)[0].split()[0] for stage in stages())
    assert building == running, "the environment links to the interpreter that made it"
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", building)


def test_the_image_does_not_run_as_root() -> None:
    _, final = stages()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", rest_of("USER", final)[-1])
    assert f"--uid {rest_of('USER', final)[-1].split(':')[0]} " in rest_of("RUN", final)[0]


def test_the_image_holds_the_environment_and_nothing_of_the_build() -> None:
    _, final = stages()
    assert rest_of("COPY", final) == ["--from=build /opt/teacher-graph /opt/teacher-graph"]
    assert rest_of("RUN", final) == [each for each in rest_of("RUN", final) if each.startswith("useradd ")]


def test_what_is_copied_exists_and_is_sent_to_the_engine() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore
    assert sorted(sources()) == sorted(line[1:] for line in ignore if line.startswith("!"))
    assert all((ROOT / source).exists() for source in sources())


def test_every_package_is_copied_and_no_other_folder() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_SHIPPED
    assert {source for source in sources() if (ROOT / source).is_dir()} == packages
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages


def test_what_the_build_reads_is_copied() -> None:
    assert {"pyproject.toml", "requirements.lock", PROJECT["project"]["readme"]} <= set(sources())


def test_runtime_packages_are_installed_by_hash_from_the_lock() -> None:
    installing, _ = rest_of("RUN", stages()[0])
    runtime = installing.split("&&")[-1]
    assert runtime.endswith("--require-hashes --constraints requirements.lock -r pyproject.toml")
    assert "extra" not in installing


def test_the_build_backend_is_taken_by_hash_from_the_lock_too() -> None:
    _, building = rest_of("RUN", stages()[0])
    assert building.startswith("uv build --wheel ")
    assert " --require-hashes --build-constraints requirements.lock " in building
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in PROJECT["build-system"]["requires"]:
        assert re.search(rf"^{name}==.* \\$", lock, re.MULTILINE)


def test_uv_alone_is_taken_out_of_the_lock() -> None:
    installing, _ = rest_of("RUN", stages()[0])
    command = installing.split(" > ")[0]
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, check=True, capture_output=True, text=True)
    requirement, *rest = done.stdout.splitlines()
    assert requirement.startswith("uv==")
    assert all(line.startswith(" ") for line in rest)
    assert any("--hash=sha256:" in line for line in rest)


def test_the_image_sets_no_setting() -> None:
    names = {pair.split("=")[0] for given in rest_of("ENV", stages()[1]) for pair in given.split()}
    settings = {name for kind in (CmsSettings, RasSettings, GatewaySettings) for name in kind.variables().values()}
    prefixes = tuple(kind.model_config["env_prefix"] for kind in (CmsSettings, RasSettings, GatewaySettings))
    assert names
    assert not names & settings
    assert not [name for name in names if name.startswith(prefixes)]
