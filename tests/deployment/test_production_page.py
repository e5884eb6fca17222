"""docs/production.md against compose.yaml and the settings classes."""

import re
import stat
import subprocess
from pathlib import Path

from cli.environment import load
from cms_service.settings import CmsSettings
from gateway.settings import GatewaySettings
from ras_service.settings import RasSettings
from tests.deployment.compose_file import DOCUMENT, OURS, PASSED_ON, ROOT, SAMPLES, SERVICES, environment, variables

PAGE = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
KINDS = (CmsSettings, RasSettings, GatewaySettings)


def required() -> set[str]:
    return {
        variable
        for kind in KINDS
        for field, variable in kind.variables().items()
        if kind.model_fields[field].is_required()
    }


def test_the_first_commands_write_all_that_compose_requires(tmp_path: Path) -> None:
    [commands, *_] = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True)
    file = tmp_path / ".env"
    written = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    assert set(written) == {*SAMPLES, *PASSED_ON}
    load(GatewaySettings, environment("gateway") | {name: written[name] for name in PASSED_ON})
    secrets = [value for name, value in written.items() if name != "GATEWAY_JWT_JWKS_URL"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in secrets)
    assert len(set(secrets)) == len(secrets)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_table_lists_settings_and_every_required_one() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert listed <= {variable for kind in KINDS for variable in kind.variables().values()}
    assert required() <= listed
    assert listed == {name for service in OURS for name in variables(service)} - {"ENVIRONMENT", "LOG_LEVEL"}


def test_the_numbers_are_those_of_the_file() -> None:
    assert f"allow {SERVICES['class_management_db']['command'][-1].removeprefix('max_connections=')}," in PAGE
    for field in ("database_pool_size", "database_max_overflow", "poll_pool_size"):
        assert f"`…_{field.upper()}` {CmsSettings.model_fields[field].default}" in PAGE
    assert f"the network `{DOCUMENT['networks']['default']['name']}`" in PAGE
    assert f"give it {SERVICES['cms']['stop_grace_period'].removesuffix('s')} s" in PAGE
