"""What `run` and `serve` say of settings that they would not start with."""

import socket
from pathlib import Path

import pytest

from cli.environment import development
from cli.errors import CommandError
from cli.main import main
from cli.stack import Stack, address

pytestmark = pytest.mark.usefixtures("nowhere")
SECRET = "a-secret-of-the-tests-with-32-characters"


def test_a_run_names_the_settings_that_nobody_reads(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLASS_MANAGEMENT_SERVICE_PROT", "1")
    assert main(["run"]) == 2
    assert capsys.readouterr().err == "teacher-graph: Unknown settings: CLASS_MANAGEMENT_SERVICE_PROT\n"
    assert {each.name for each in (nowhere / ".run").iterdir()} == {"lock", "secrets"}


@pytest.mark.parametrize("service", ["cms", "ras", "gateway"])
def test_a_service_names_the_settings_that_it_misses(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", service]) == 2
    told = capsys.readouterr().err
    assert told.startswith("teacher-graph: INTERNAL_API_KEY: Field required")
    assert told.count("\n") == 1


def test_a_key_file_that_is_none_is_told(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERNAL_API_KEY", "key")
    monkeypatch.setenv("GATEWAY_JWT_PUBLIC_KEY_FILE", "key.pem")
    assert main(["serve", "gateway"]) == 2
    assert "key.pem" in capsys.readouterr().err
    (nowhere / "key.pem").write_text("no key")
    assert main(["serve", "gateway"]) == 2
    assert "GATEWAY_JWT_PUBLIC_KEY_FILE holds neither" in capsys.readouterr().err


def test_a_service_says_that_its_port_is_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("INTERNAL_API_KEY", "key")
        monkeypatch.setenv("RESULT_AGGREGATOR_SERVICE_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
        monkeypatch.setenv("RESULT_AGGREGATOR_SERVICE_PORT", str(port))
        assert main(["serve", "ras"]) == 1
    expected = f"teacher-graph: port {port} is in use (RESULT_AGGREGATOR_SERVICE_PORT sets another)\n"
    assert capsys.readouterr().err == expected


def test_the_gateway_asks_where_the_services_listen() -> None:
    secrets = {"INTERNAL_API_KEY": "key", "GATEWAY_JWT_SECRET": SECRET}
    moved = {"CLASS_MANAGEMENT_SERVICE_PORT": "15002", "RESULT_AGGREGATOR_SERVICE_HOST": "0.0.0.0"}  # noqa: S104
    stack = Stack.plan(development(moved, secrets))
    assert stack.gateway.cms_base_url == address(stack.cms) == "http://127.0.0.1:15002"
    assert stack.gateway.ras_base_url == address(stack.ras) == "http://127.0.0.1:4003"
    given = Stack.plan(development({**moved, "GATEWAY_CMS_BASE_URL": "http://proxy.test"}, secrets))
    assert given.gateway.cms_base_url == "http://proxy.test"
    with pytest.raises(CommandError, match=r"^CLASS_MANAGEMENT_SERVICE_PORT: .*integer"):
        Stack.plan(development({"CLASS_MANAGEMENT_SERVICE_PORT": "high"}, secrets))
