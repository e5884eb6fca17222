"""What docs/adding-a-service.md names is there."""

import re
from pathlib import Path

from graphql import parse, validate

from gateway.schema import schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-service.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([^`]+)`", PAGE)


def test_every_file_that_is_named_is_there() -> None:
    paths = [each for each in NAMED if re.fullmatch(r"[\w./-]+(\.py|\.md|/)", each)]
    assert len(paths) > 15
    assert [each for each in paths if not (ROOT / each).exists()] == []


def test_every_name_of_the_code_is_in_the_files_that_are_named() -> None:
    files = [ROOT / each for each in NAMED if each.endswith(".py")]
    code = "\n".join(each.read_text(encoding="utf-8") for each in files if each.exists())
    names = {each for each in NAMED if re.fullmatch(r"[A-Z]\w+[a-z]\w*", each)} - {"Int"}
    assert names
    assert {each for each in names if not re.search(rf"\b{each}\b", code)} == set()


def test_the_worked_example_is_the_graphs() -> None:
    [query] = [each for each in NAMED if each.startswith("viewer {")]
    assert validate(schema._schema, parse(f"{{ {query} }}")) == []
