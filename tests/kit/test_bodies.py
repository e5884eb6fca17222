"""Bodies: one answer names every field that is wrong."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from kit.bodies import decode_json
from kit.errors import ValidationError

Short = Annotated[str, Meta(min_length=1, max_length=3, pattern=r"^[^\x00]*$", extra={"refusal": "must be short"})]
Two = Annotated[list[Short], Meta(max_length=2, extra={"refusal": "must be two at most"})]


@dataclass
class Inner:
    first: Short
    last: Short
    n: Annotated[int, Meta(ge=1)] = 1


@dataclass
class Outer:
    inner: Inner
    inners: list[Inner] = field(default_factory=list)
    two: Two | None = None
    note: Short | UnsetType | None = UNSET
    plain: str = ""
    either: int | list[int] = 0


GOOD = b'{"inner": {"first": "a", "last": "b"}'


def refused(raw: bytes, of: type = Outer) -> dict[str, str]:
    with pytest.raises(ValidationError) as raised:
        decode_json("body", raw, of)
    return {each.field: each.message for each in raised.value.fields}


def test_what_fits_is_decoded_and_what_is_unknown_ignored() -> None:
    assert decode_json("body", GOOD + b', "two": ["x"], "note": null, "more": [1]}', Outer) == Outer(
        Inner("a", "b"), two=["x"], note=None
    )


def test_all_that_is_wrong_is_told() -> None:
    raw = b"""{"inner": {"first": "abcd", "n": 0}, "inners": [{"first": "a", "last": "b"}, {"last": ""}, 7],
               "two": ["a", 1, "\\u0000"], "note": 5, "plain": null, "either": ["x"]}"""
    assert refused(raw) == {
        "inner.first": "must be short",
        "inner.last": "is required",
        "inner.n": "Expected `int` >= 1",
        "inners.1.first": "is required",
        "inners.1.last": "must be short",
        "inners.2": "Expected `object`, got `int`",
        "two.1": "must be short",
        "two.2": "must be short",
        "note": "must be short",
        "plain": "Expected `str`, got `null`",
        "either.0": "Expected `int`, got `str`",
    }


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"", {"body": "must be JSON in UTF-8"}),
        (b"{", {"body": "must be JSON in UTF-8"}),
        (b"\xff", {"body": "must be JSON in UTF-8"}),
        (b"[]", {"body": "Expected `object`, got `array`"}),
        (b"null", {"body": "Expected `object`, got `null`"}),
        (b"{}", {"inner": "is required"}),
        (b'{"inner": {}}', {"inner.first": "is required", "inner.last": "is required"}),
        (GOOD + b', "note": NaN}', {"note": "must be short"}),
        (GOOD + b', "more": NaN}', {"body": "must be JSON in UTF-8"}),
        (GOOD + b', "plain": 1', {"plain": "Expected `str`, got `int`"}),
        (GOOD + b', "two": ["a", "b", "c"]}', {"two": "must be two at most"}),
        (GOOD + b', "two": 1}', {"two": "must be two at most"}),
        (GOOD + b', "inners": ' + b"[" * 100_000, {"inners.0": "Expected `object`, got `array`"}),
        (b'{"inner": ' + b"[" * 100_000, {"inner": "Expected `object`, got `array`"}),
        (b'{"more": ' + b"[" * 100_000, {"body": "is nested too deeply"}),
    ],
)
def test_a_body_that_is_none(raw: bytes, fields: dict[str, str]) -> None:
    assert refused(raw) == fields


@pytest.mark.parametrize(
    "broken", [b"\\ud800", b"\\udc00", b"\\ud800\\ud800", b"\\ud800x", b"\xed\xa0\x80", b"a\\udfff"]
)
def test_lone_surrogates_are_refused_at_their_field(broken: bytes) -> None:
    message = "must be text without lone surrogates"
    raw = b'{"inner": {"first": "%b", "last": ""}, "two": ["%b"], "plain": "%b"}' % (broken, broken, broken)
    assert refused(raw) == {
        "inner.first": message,
        "inner.last": "must be short",
        "two.0": message,
        "plain": message,
    }
    assert decode_json("body", GOOD + b', "plain": "\\ud83d\\ude00"}', Outer).plain == "😀"


def test_a_struct_is_looked_into_under_the_names_that_json_has() -> None:
    class Request(msgspec.Struct, rename="camel"):
        first_name: str
        last_name: str | None = None

    assert refused(b'{"firstName": 1, "lastName": "\\ud800"}', Request) == {
        "firstName": "Expected `str`, got `int`",
        "lastName": "must be text without lone surrogates",
    }
    assert refused(b'{"lastName": 2}', Request).keys() == {"firstName", "lastName"}


def test_of_very_many_some_are_told_in_few_words() -> None:
    assert len(refused(b'{"inner": 1, "inners": [' + b"1," * 5000 + b"1]}")) == 100

    @dataclass
    class Choice:
        one: Annotated[str, Meta(max_length=3)] | int = 0

    raw = msgspec.json.encode({"one": {"x" * 100_000: 1}})
    assert all(len(message) <= 300 for message in refused(raw, Choice).values())


@pytest.mark.parametrize(
    ("value", "of"), [([], dict[str, msgspec.Raw]), (["a"], list[int]), ("x", int), ({"a": "x"}, dict[str, int])]
)
def test_types_that_are_no_classes(value: Any, of: Any) -> None:
    told = refused(msgspec.json.encode(value), of)
    assert len(told) == 1


def test_a_part_is_named_by_where_it_stands() -> None:
    assert list(refused(b'["abcd", "a", 5]', list[Short])) == ["0", "2"]
