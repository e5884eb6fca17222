"""`teacher-graph plan`."""

import io
from pathlib import Path

import pytest

from cli.main import main
from gateway.documents import document

DASHBOARD = """\
query Dashboard: at most 2 calls
  cms  GET  /internal/v1/batches/class-info      1 call  20 keys
  ras  GET  /internal/v1/batches/user/{user_id}  1 call  1 key
where $first is 20, its default
"""


@pytest.fixture
def dashboard(tmp_path: Path) -> str:
    file = tmp_path / "dashboard.graphql"
    file.write_text(document("dashboard"))
    return str(file)


def test_the_plan_of_the_dashboard(dashboard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", dashboard]) == 0
    assert capsys.readouterr().out == DASHBOARD


def test_variables_that_are_known(dashboard: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", dashboard, "--variables", '{"first": 100}']) == 0
    assert capsys.readouterr().out == DASHBOARD.replace("20 keys", "100 keys").replace(
        "where $first is 20, its default\n", ""
    )


def test_standard_input_and_several_operations(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "query A { courses { name } viewer { userId } } subscription B { batchUpdated { batch { title } } }"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["plan", "-"]) == 0
    assert capsys.readouterr().out == (
        "query A: at most 1 call\n"
        "  cms  GET  /internal/v1/courses  1 call  1 key\n"
        "\n"
        "subscription B: at most 1 call before the first event\n"
        "  ras  POST  /internal/v1/batches/lookup  1 call  1 key\n"
        "and at most 1 call for each event\n"
        "  ras  POST  /internal/v1/batches/lookup  1 call  1 key\n"
    )


def test_one_of_several_operations(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("query A { courses { name } } query B { viewer { userId } }"))
    assert main(["plan", "-", "--operation", "B"]) == 0
    assert capsys.readouterr().out == "query B: at most 0 calls\n"


@pytest.mark.parametrize(
    ("options", "status", "complaint"),
    [
        (["--variables", "{"], 2, "--variables is not JSON: "),
        (["--variables", "[1]"], 2, '--variables is not a JSON object such as {"first": 50}'),
        (["--variables", '{"frist": 1}'], 1, "The operation takes no variable $frist."),
        (["--variables", '{"first": "x"}'], 1, "$first: Int cannot represent non-integer value: 'x'"),
        (["--operation", "Other"], 1, "There is no operation Other in the document: it has Dashboard."),
    ],
)
def test_a_wrong_call_is_told(
    dashboard: str, options: list[str], status: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", dashboard, *options]) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert complaint in told.err


@pytest.mark.parametrize(
    ("content", "complaint"), [(b"{ nothing }", "Cannot query field 'nothing'"), (b"\xff", "UTF-8")]
)
def test_a_wrong_document_is_told(
    tmp_path: Path, content: bytes, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.graphql"
    file.write_bytes(content)
    assert main(["plan", str(file)]) == 1
    told = capsys.readouterr().err
    assert str(file) in told
    assert complaint in told


def test_a_missing_document_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["plan", str(tmp_path / "none.graphql")]) == 1
    assert "none.graphql" in capsys.readouterr().err
