"""What the pages name is there: files, links, settings."""

import re
from pathlib import Path

import pytest

from tests.project.settings_page import KINDS

ROOT = Path(__file__).parents[2]
PAGES = {
    str(each.relative_to(ROOT)): each.read_text(encoding="utf-8")
    for each in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
}
SETTINGS = {variable for kind in KINDS.values() for variable in kind.variables().values()}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", PAGES[page])
    assert [each for each in links if not (ROOT / page).parent.joinpath(each).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = re.findall(r"`((?:gateway|kit|cli|cms_service|ras_service|clients|tests)/[\w./-]+)`", PAGES[page])
    assert [each for each in named if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_is_one(page: str) -> None:
    named = re.findall(
        r"\b(?:GATEWAY|CLASS_MANAGEMENT_SERVICE|RESULT_AGGREGATOR_SERVICE|OTEL)_[A-Z_]*[A-Z]\b", PAGES[page]
    )
    local = {"GATEWAY_URL", "GATEWAY_MAX"}
    assert set(named) - local <= SETTINGS


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_is_named_by_its_end_is_one(page: str) -> None:
    named = set(re.findall(r"…(_[A-Z_]+[A-Z])\b", PAGES[page]))
    assert [each for each in named if not any(name.endswith(each) for name in SETTINGS)] == []


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(each.name[:4]) for each in (ROOT / "docs" / "decisions").iterdir())
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", [each for each in PAGES if each.startswith("docs/decisions/")])
def test_a_decision_says_its_number_and_why(page: str) -> None:
    text = PAGES[page]
    assert text.startswith(f"# {Path(page).name[:4]} ")
    assert "**Decision.**" in text
    assert "**Why.**" in text
