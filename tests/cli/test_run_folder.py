"""The folder of a run."""

import subprocess
from pathlib import Path

import pytest

from cli.run_folder import InUseError, RunFolder

pytestmark = pytest.mark.usefixtures("nowhere")


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
