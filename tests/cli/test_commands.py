"""What the command answers when nothing has to run for it."""

import asyncio
import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.requests import HTTPConnection

from cli.environment import TOLD, development
from cli.errors import CommandError
from cli.main import main
from cli.run_folder import InUseError, RunFolder
from cli.stack import DATABASE_VARIABLES, Stack, address
from gateway.http.auth import Authenticator
from gateway.settings import GatewaySettings
from tests.support.databases import Databases

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-the-tests-with-32-characters"
PREFIXES = ("GATEWAY_", "CLASS_MANAGEMENT_SERVICE_", "RESULT_AGGREGATOR_SERVICE_")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and none of our settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(PREFIXES) or name in {"INTERNAL_API_KEY", "ENVIRONMENT", *TOLD}:
            monkeypatch.delenv(name)
    return tmp_path


# Calls


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("", "required: COMMAND"),
        ("fly", "invalid choice: 'fly'"),
        ("serve", "required: service"),
        ("serve kafka", "invalid choice: 'kafka'"),
        ("migrate", "required: database"),
        ("run now", "unrecognized arguments: now"),
        ("seed", "required: --teachers, --batches, --essays"),
        ("seed --teachers 0 --batches 1 --essays 1", "argument --teachers: '0' is not a whole number above 0"),
        ("seed --teachers 1 --batches 1.5 --essays 1", "argument --batches: '1.5' is not a whole number above 0"),
        ("seed --teachers 1 --batches 1 --essays ''", "argument --essays: '' is not a whole number above 0"),
        ("token", "required: --teacher"),
        ("token --teacher ''", "argument --teacher: '' is not a user id"),
        ("token --teacher ..", "argument --teacher: '..' is not a user id"),
        ("token --teacher åsa", "argument --teacher: 'åsa' is not a user id"),
        ("token --teacher a --hours 0", "argument --hours: '0' is not a number above 0"),
        ("token --teacher a --hours nan", "argument --hours: 'nan' is not a number above 0"),
        ("token --teacher a --hours soon", "argument --hours: 'soon' is not a number above 0"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(call: str, complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(shlex.split(call))
    assert left.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "unneeded"),
    [
        ("--help", {"pydantic", "asyncpg", "sqlalchemy", "starlette"}),
        ("token --teacher a", {"asyncpg", "sqlalchemy", "uvicorn", "strawberry", "cms_service", "ras_service"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(call: str, unneeded: set[str]) -> None:
    script = (
        "import sys, contextlib, cli.main\n"
        f"with contextlib.suppress(SystemExit): cli.main.main({shlex.split(call)})\n"
        f"sys.exit(str({unneeded} & sys.modules.keys() or ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() in {"", NO_SECRET}


# Tokens

NO_SECRET = "teacher-graph: no secret to sign with: set GATEWAY_JWT_SECRET, or `make run` here first"


def minted(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["token", "--teacher", "teacher-1", *arguments]) == 0
    return capsys.readouterr().out.removesuffix("\n")


def identified(token: str, secret: str) -> str:
    settings = GatewaySettings.model_validate(
        {"environment": "development", "internal_api_key": "unused", "jwt_secret": secret}
    )
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return Authenticator(settings).identify(HTTPConnection({"type": "http", "headers": headers})).user_id


def test_a_token_is_one_that_the_gateway_believes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    token = minted(capsys, "--hours", "0.5")
    assert identified(token, SECRET) == "teacher-1"
    claims = jwt.decode(token, OctKey.import_key(SECRET)).claims
    assert claims["exp"] == pytest.approx(time.time() + 1800, abs=10)


def test_a_token_is_signed_with_the_secret_of_the_run(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (nowhere / ".run").mkdir()
    secrets = RunFolder().ensure_secrets()
    assert identified(minted(capsys), secrets["GATEWAY_JWT_SECRET"]) == "teacher-1"


def test_without_a_secret_there_is_no_token(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--teacher", "teacher-1"]) == 2
    assert capsys.readouterr() == ("", f"{NO_SECRET}\n")
    assert not list(nowhere.iterdir())


def test_what_a_run_told_is_no_unknown_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    for name in TOLD:
        monkeypatch.setenv(name, "exported")
    assert minted(capsys)
    monkeypatch.setenv("GATEWAY_URI", "mistyped")
    assert main(["token", "--teacher", "teacher-1"]) == 2
    assert capsys.readouterr().err == "teacher-graph: Unknown settings: GATEWAY_URI\n"


# The schema


def test_the_schema_is_the_one_that_it_printed(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    (nowhere / "schema.graphql").write_text(capsys.readouterr().out)
    assert main(["schema", "--check"]) == 0


def test_a_schema_that_was_changed_is_told_apart(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    changed = capsys.readouterr().out.replace("className: String", "className: Int")
    (nowhere / "schema.graphql").write_text(changed)
    assert main(["schema", "--check"]) == 1
    told = capsys.readouterr().err
    assert "schema.graphql is not the schema: `make schema` writes it\n" in told
    assert "-  className: Int" in told
    assert "+  className: String" in told


def test_a_schema_that_is_missing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--check"]) == 1
    assert capsys.readouterr().err == "teacher-graph: there is no schema.graphql here: `make schema` writes it\n"


# Settings


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


# The folder of a run


def test_secrets_are_private_and_stay(nowhere: Path) -> None:
    folder = RunFolder()
    with folder.claimed():
        made = folder.ensure_secrets()
        assert folder.ensure_secrets() == made == folder.secrets()
    assert len(set(made.values())) == 2
    assert (nowhere / ".run" / "secrets").stat().st_mode & 0o777 == 0o600


def test_a_folder_has_one_owner_at_a_time() -> None:
    with RunFolder().claimed() as left_behind:
        assert not left_behind
        with pytest.raises(InUseError, match="already running"), RunFolder().claimed():
            pass
    with RunFolder().claimed() as left_behind:
        assert not left_behind


def test_an_owner_that_was_killed_is_noticed(nowhere: Path) -> None:
    (nowhere / ".run").mkdir()
    (nowhere / ".run" / "lock").write_text("12345")
    (nowhere / ".run" / "env").write_text("CMS_PID=12346\n")
    with RunFolder().claimed() as left_behind:
        assert left_behind
        assert RunFolder().read_env() == {}, "what it told is no longer so"


def test_what_is_told_is_read_alike_by_a_shell_and_by_us(nowhere: Path) -> None:
    odd = {"A": "plain", "B": 'it\'s $HOME `x` "y" ; é', "C": "two\nlines", "D": ""}
    with RunFolder().claimed():
        RunFolder().write_env(odd)
        assert RunFolder().read_env() == odd
        shell = subprocess.run(
            ["sh", "-euc", '. .run/env; printf "%s|%s|%s|%s" "$A" "$B" "$C" "$D"'], capture_output=True, check=True
        )
    assert shell.stdout.decode() == "|".join(odd.values())
    assert not (nowhere / ".run" / "env").exists()


# Databases that are given


def test_migrations_name_the_databases_that_they_miss(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "all"]) == 2
    assert capsys.readouterr().err == f"teacher-graph: set {' and '.join(DATABASE_VARIABLES.values())}\n"


@pytest.mark.parametrize("call", [["migrate", "cms"], ["seed", "--teachers=1", "--batches=1", "--essays=1"]])
def test_a_database_is_given_as_the_services_take_it(
    call: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLES["cms"], "mysql://somewhere/cms")
    assert main(call) == 2
    assert capsys.readouterr().err == (
        f"teacher-graph: {DATABASE_VARIABLES['cms']} does not start with postgresql+asyncpg://\n"
    )


def test_a_database_that_is_away_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DATABASE_VARIABLES["ras"], "postgresql+asyncpg://nobody:secret@127.0.0.1:1/none")
    assert main(["migrate", "ras"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("teacher-graph: cannot migrate the database ras: ")
    assert told.count("\n") == 1
    assert "secret" not in told


@pytest.fixture
async def given(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two empty databases in the environment; the URL of RAS's."""
    for name, variable in DATABASE_VARIABLES.items():
        url = await databases.create(f"given_{name}_{uuid4().hex[:12]}")
        monkeypatch.setenv(variable, url)
    return url


def test_given_databases_are_migrated_and_filled_and_no_other(
    given: str, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def batches() -> object:
        connection = await asyncpg.connect(given.replace("+asyncpg", ""))
        try:
            return await connection.fetchval("SELECT count(*) FROM batch_results")
        finally:
            await connection.close()

    assert main(["migrate", "all"]) == 0
    call = ["seed", "--teachers=2", "--batches=3", "--essays=2"]
    assert main(call) == 0
    assert asyncio.run(batches()) == 6
    assert capsys.readouterr().err == ""
    assert main(call) == 1
    assert capsys.readouterr().err.startswith("teacher-graph: cannot load the school: There is a made school already")
    assert not list(nowhere.iterdir())
