"""What each command takes, and what it loads for that."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.test_token import NO_SECRET

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("nowhere")


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


def test_the_gateway_loads_no_more_than_it_needs() -> None:
    """Each worker would keep it in memory."""
    script = (
        "import sys, cli.serve\n"
        "settings, create = cli.serve._gateway()\n"
        "create()\n"
        "loaded = {name for name, module in sys.modules.items() if module}\n"
        "sys.exit(str({'httpx', 'sqlalchemy', 'yaml'} & loaded or ''))"
    )
    keys = {"ENVIRONMENT": "development", "INTERNAL_API_KEY": "x" * 32, "GATEWAY_JWT_SECRET": "y" * 32}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == ""
