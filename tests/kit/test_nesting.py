"""The depth of JSON is told from its bytes, as if it had been decoded."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ValidationError
from kit.nesting import check_nesting

LEAVES = st.none() | st.text('[]{}"\\/,: å') | st.integers()
JSON = st.recursive(
    LEAVES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text('[{"\\'), inside, max_size=3),
    max_leaves=40,
)


def depth(value: Any) -> int:
    if not isinstance(value, list | dict):
        return 0
    inside = value if isinstance(value, list) else value.values()
    return 1 + max(map(depth, inside), default=0)


def accepted(raw: bytes, at_most: int) -> bool:
    try:
        check_nesting("body", raw, at_most)
    except ValidationError:
        return False
    return True


@given(JSON, st.integers(1, 12), st.booleans())
def test_json_is_as_deep_as_when_it_is_decoded(value: Any, at_most: int, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert accepted(raw, at_most) == (depth(value) <= at_most)


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
def test_the_limit_itself_is_taken(opened: bytes, closed: bytes) -> None:
    levels = opened.count(b"[") + opened.count(b"{")
    deep = [opened * n + b"1" + closed * n for n in (32 // levels, 32 // levels + 1)]
    assert [accepted(each, 32) for each in deep] == [True, False]
    with pytest.raises(ValidationError, match=r"^variables has more than 32 levels of lists and objects$"):
        check_nesting("variables", deep[1], 32)


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        (b'"' + b"[" * 100 + b'"', True),
        (b'["\\"' + b"[" * 100 + b'"]', True),
        (b'["\\\\"' + b",[" * 100, False),
        (b'"unfinished ' + b"[" * 100, True),
        (b"]" * 100 + b"[" * 32, True),
        (b"[" * 100_000, False),
        (b"[]" * 100_000, True),
        ((b"[" * 31 + b"]" * 31) * 4000, True),
        (b"\xff[" * 33, False),
        (b"", True),
    ],
)
def test_what_is_no_json_is_taken_or_refused_but_never_fails(raw: bytes, taken: bool) -> None:
    assert accepted(raw, 32) == taken
