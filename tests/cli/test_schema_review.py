"""Which changes of a schema may be made."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.schema_review import Judged, listed_changes, review

TODAY = date(2026, 11, 21)
RIPE, GREEN = "2026-08-23", "2026-08-24"
"""Days of deprecation: 90 and 89 before today."""


def judged(base: str, new: str, listed: Mapping[str, str] | None = None) -> list[Judged]:
    return review(base, new, listed or {}, TODAY)


def graph(batch: str, more: str = "") -> str:
    return f"type Query {{ batch(id: ID, old: Int): Batch }} type Batch {{ id: ID! {batch} }} {more}"


def deprecated(since: str) -> str:
    return f'@deprecated(reason: "Since {since}: use `status`.")'


def test_changes_are_told_by_how_much_they_break() -> None:
    base = graph("title: String state: State", "enum State { ON OFF }")
    new = graph("title: Int state: State progress: Float", "enum State { ON OFF BROKEN }")
    assert judged(base, new) == [
        Judged("Field Batch.title changed type from String to Int.", "BREAKING"),
        Judged("Enum value State.BROKEN was added.", "dangerous"),
        Judged("Field Batch.progress was added.", "safe"),
    ]
    assert [each.refused for each in judged(base, new)] == [True, False, False]


def test_the_same_is_no_change_and_neither_is_a_description() -> None:
    assert judged(graph("title: String"), graph('"What it is called." title: String')) == []


@pytest.mark.parametrize(
    ("marked", "refused"),
    [
        (deprecated(RIPE), False),
        (deprecated(GREEN), True),
        (deprecated("2027-01-01"), True),
        (deprecated("2026-02-30"), True),
        ('@deprecated(reason: "Use `status`.")', True),
        ("@deprecated", True),
        ("", True),
    ],
)
def test_a_field_goes_after_ninety_days_of_deprecation(marked: str, refused: bool) -> None:
    [one] = judged(graph(f"title: String {marked}"), graph(""))
    assert (one.change, one.mark, one.refused) == ("Field Batch.title was removed.", "BREAKING", refused)
    assert one.allowed == (None if refused else "deprecated for 90 days and more")


def test_so_do_arguments_values_and_inputs() -> None:
    base = f"""
        type Query {{ batch(id: ID, old: Int {deprecated(RIPE)}, by: By): State }}
        input By {{ id: ID name: String {deprecated(RIPE)} }}
        enum State {{ ON OFF {deprecated(RIPE)} }}"""
    new = "type Query { batch(id: ID, by: By): State } input By { id: ID } enum State { ON }"
    assert [(each.mark, each.refused) for each in judged(base, new)] == [("BREAKING", False)] * 3


def test_a_type_goes_with_the_last_field_that_leads_to_it() -> None:
    types = "type Old implements Aged { older: Older age: Int } type Older { age: Int } interface Aged { age: Int }"
    base = graph(f"old: Old {deprecated(RIPE)}", types)
    assert {each.change: each.refused for each in judged(base, graph(""))} == {
        "Aged was removed.": False,
        "Old was removed.": False,
        "Older was removed.": False,
        "Field Batch.old was removed.": False,
    }


def test_a_type_stays_while_something_leads_to_it() -> None:
    types = "type Old implements Aged { age: Int } interface Aged { age: Int }"
    base = graph(f"old: Old {deprecated(RIPE)} aged: Aged", types)
    new = graph("aged: Aged", "interface Aged { age: Int }")
    assert {each.change: each.refused for each in judged(base, new)} == {
        "Old was removed.": True,
        "Field Batch.old was removed.": False,
    }


def test_what_is_deprecated_in_the_new_schema_alone_may_not_go_yet() -> None:
    assert judged(graph("title: String"), graph(f"title: String {deprecated(RIPE)}")) == []
    assert judged(graph("title: String"), graph(""))[0].refused


def test_what_is_listed_may_be_done() -> None:
    [one] = judged(graph("title: String"), graph(""), {"Field Batch.title was removed.": "Nobody reads it."})
    assert one == Judged("Field Batch.title was removed.", "BREAKING", "listed: Nobody reads it.")
    assert not one.refused


# The list

ENTRY = '[[change]]\nchange = "Field Batch.title was removed."\nreason = "Nobody reads it."\ndate = 2026-11-21\n'


def test_the_list_has_reasons(tmp_path: Path) -> None:
    file = tmp_path / "list.toml"
    assert listed_changes(file) == {}
    file.write_text(ENTRY)
    assert listed_changes(file) == {"Field Batch.title was removed.": "Nobody reads it."}


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.replace('"Nobody reads it."', '" "'),
        ENTRY.replace("date = 2026-11-21", ""),
        ENTRY.replace("2026-11-21", '"soon"'),
        ENTRY.replace("reason", "why"),
        ENTRY + 'by = "me"\n',
        "change = 1",
        'change = ["x"]',
        "[[change",
    ],
)
def test_a_list_that_says_less_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "list.toml"
    file.write_text(text)
    with pytest.raises(CommandError, match=r"list\.toml: "):
        listed_changes(file)
