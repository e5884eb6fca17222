"""`schema`: printed, and compared with the file."""

from pathlib import Path

import pytest

from cli.main import main

pytestmark = pytest.mark.usefixtures("nowhere")


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
