"""The README's claims, checked against what they are about."""

import re
from pathlib import Path

from graphql import parse, strip_ignored_characters, validate

from gateway.documents import document
from gateway.schema import schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_query_that_is_shown_is_the_dashboards() -> None:
    shown = blocks("graphql")[0]
    assert strip_ignored_characters(shown) == strip_ignored_characters(document("dashboard"))


def test_every_query_that_is_shown_is_valid() -> None:
    for shown in blocks("graphql"):
        assert validate(schema._schema, parse(shown)) == []


def test_every_query_of_the_project_is_valid() -> None:
    for path in (ROOT / "gateway" / "documents").glob("*.graphql"):
        assert validate(schema._schema, parse(path.read_text(encoding="utf-8"))) == []


def test_every_make_target_that_is_named_exists() -> None:
    """What else stands in command blocks is run by tests/e2e/test_readme.py."""
    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= TARGETS
    for block in blocks("sh"):
        assert ".run/env" in block or re.fullmatch(r"(make [a-z]+\n)+", block), block


def test_the_tree_that_is_shown_is_there() -> None:
    folder = ROOT
    for indent, name in re.findall(r"^( *)(\S+)  ", blocks("text")[1], re.MULTILINE):
        folder = folder if indent else ROOT / name
        assert (folder / name if indent else ROOT / name).exists(), name
