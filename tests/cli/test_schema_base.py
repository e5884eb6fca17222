"""What a schema is compared with, and that this repository's own changes may be made."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.main import main
from cli.schema_base import base_of
from gateway.schema import schema

ROOT = Path(__file__).parents[2]
CURRENT = f"{schema.as_str()}\n"
BEFORE = CURRENT.replace("  title: String\n", "  title: String\n  colour: String\n")
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """In an empty repository on a branch called main."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*arguments: str) -> str:
        by = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        return subprocess.run(["git", *by, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    run("init", "-q", "-b", "main")
    return run


def committed(git: Git, text: str) -> str:
    Path("schema.graphql").write_text(text)
    git("add", "schema.graphql")
    git("commit", "-q", "--allow-empty", "-m", "schema: Change.")
    return git("rev-parse", "--short=7", "HEAD")


def test_a_branch_is_compared_with_where_it_left_main(git: Git) -> None:
    left = committed(git, "one")
    git("checkout", "-q", "-b", "branch")
    committed(git, "two")
    git("checkout", "-q", "main")
    committed(git, "later")
    git("checkout", "-q", "branch")
    base = base_of("three", None)
    assert base
    assert (base.name, base.schema) == (f"main ({left})", "one")


def test_a_clone_may_know_main_as_its_origin_s(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = committed(git, "one")
    git("checkout", "-q", "-b", "branch")
    committed(git, "two")
    git("clone", "-q", "--branch", "branch", str(tmp_path), str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    base = base_of("two", None)
    assert base
    assert (base.name, base.schema) == (f"origin/main ({left})", "one")


def test_main_itself_is_compared_with_its_newest_other_schema(git: Git) -> None:
    committed(git, "one")
    two = committed(git, "two")
    committed(git, "three")
    committed(git, "three")
    base = base_of("three", None)
    assert base
    assert (base.name, base.schema) == (f"commit {two}", "two")


def test_history_without_another_schema_has_no_base(git: Git) -> None:
    assert base_of("one", None) is None
    committed(git, "one")
    assert base_of("one", None) is None


def test_a_shallow_clone_has_what_it_has(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    committed(git, "one")
    committed(git, "two")
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert base_of("two", None) is None
    base = base_of("three", None)
    assert base
    assert base.schema == "two"


def test_without_a_repository_there_is_no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert base_of("one", None) is None
    monkeypatch.setenv("PATH", "")
    assert base_of("one", None) is None


def test_a_base_may_be_named(git: Git) -> None:
    committed(git, "one")
    git("tag", "v1")
    committed(git, "two")
    base = base_of("two", "v1")
    assert base
    assert base.schema == "one"
    with pytest.raises(CommandError, match=r"there is no schema\.graphql at v2"):
        base_of("two", "v2")


# The command


def test_a_breaking_change_is_told_and_refused(git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    committed(git, BEFORE)
    assert main(["schema", "--changes"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Changes since main (")
    assert told.endswith("): 1\n  BREAKING   Field Batch.colour was removed. (not allowed)\n")
    assert main(["schema", "--changes", "--check"]) == 1
    assert capsys.readouterr().err == (
        "teacher-graph: a breaking change needs 90 days of deprecation, or a reason in docs/breaking-changes.toml\n"
        "Field Batch.colour was removed.\n"
    )


def test_a_listed_one_is_not_refused(git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    committed(git, BEFORE)
    Path("docs").mkdir()
    Path("docs/breaking-changes.toml").write_text(
        '[[change]]\nchange = "Field Batch.colour was removed."\nreason = "Nobody reads it."\ndate = 2026-11-21\n'
    )
    assert main(["schema", "--changes", "--check"]) == 0
    assert capsys.readouterr().out.endswith("Field Batch.colour was removed. (listed: Nobody reads it.)\n")


def test_nothing_to_compare_with_is_said(git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--changes", "--check"]) == 0
    assert capsys.readouterr().out == "The history that is here has no other schema.graphql to compare with.\n"


def test_this_repository_s_own_changes_may_be_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["schema", "--changes", "--check"]) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    whole = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    # A clone without history, or none at all, has nothing to compare with.
    assert told.startswith("Changes since ") or whole.stdout.strip() != "false"
