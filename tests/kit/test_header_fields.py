"""Header fields by name."""

from kit.header_fields import every, fields, text


def test_the_first_of_each_and_all_of_one() -> None:
    scope = {"headers": [(b"a", b"1"), (b"b", b"\xe9"), (b"a", b"2")]}
    assert fields(scope) == {b"a": b"1", b"b": b"\xe9"}
    assert (every(scope, b"a"), every(scope, b"b"), every(scope, b"c")) == (["1", "2"], ["é"], [])
    alone = {"headers": [(b"a", b"1"), (b"b", b"2")]}
    assert (every(alone, b"b"), every(alone, b"c")) == (["2"], [])
    assert (text(b"\xe9"), text(None)) == ("é", None)
