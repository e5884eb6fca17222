"""docs/settings.md is what the code reads, and the README shows some of it."""

import re

import pytest
from pydantic.fields import FieldInfo

from tests.project.settings_page import GATEWAY_SECTIONS, KINDS, default, page, row
from tests.project.test_readme import README, ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PREFIXES = {name: str(kind.model_config.get("env_prefix")) for name, kind in KINDS.items()}


def test_the_page_is_what_the_settings_say() -> None:
    assert page() == PAGE, "run `python -m tests.project.settings_page > docs/settings.md` and commit the result"


def meant(name: str, heading: str) -> list[str]:
    of = PREFIXES.values() if heading.startswith("All three") else (PREFIXES["CMS"], PREFIXES["RAS"])
    return [name.replace("…", prefix) for prefix in of] if name.startswith("…") else [name]


def test_every_setting_is_there_once() -> None:
    listed = [
        each
        for section in PAGE.split("\n## ")
        for name in re.findall(r"^\| `(…?[A-Z][A-Z_]+[A-Z])` \| .*\|$", section, re.MULTILINE)
        for each in meant(name, section)
    ]
    assert len(listed) == len(set(listed))
    assert set(listed) == {variable for kind in KINDS.values() for variable in kind.variables().values()}


def test_every_section_of_the_gateway_has_settings() -> None:
    assert set(re.findall(r"^## (.*)", PAGE, re.MULTILINE)) > set(GATEWAY_SECTIONS.values())


def test_what_the_readme_shows_is_of_the_page() -> None:
    shown = README.split("## Settings\n")[1].split("\n## ")[0]
    rows = [line for line in shown.splitlines() if line.startswith("| `")]
    assert rows
    assert [each for each in rows if each not in PAGE.splitlines()] == []


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (FieldInfo(), "required"),
        (FieldInfo(default=None), ""),
        (FieldInfo(default=()), ""),
        (FieldInfo(default_factory=dict), ""),
        (FieldInfo(default=("a", "b")), "`a,b`"),
        (FieldInfo(default=1), "`1`"),
        (FieldInfo(default=0), "`0`"),
        (FieldInfo(default=False), "`False`"),
    ],
)
def test_a_default_is_what_would_be_written(field: FieldInfo, told: str) -> None:
    assert default(field) == told


def test_a_setting_without_a_description_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="GATEWAY_NEW"):
        row("GATEWAY_NEW", FieldInfo(default=1))
