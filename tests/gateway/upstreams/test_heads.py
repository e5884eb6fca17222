"""What is the same in all heads is written once, and what differs is checked each time."""

from collections.abc import Mapping

import pytest

from gateway.upstreams.http1.request import Always, Request, encoded, query_of

ALWAYS = Always({"X-Service-ID": "gateway", "Accept": "application/json"})
EACH = Always({"X-Service-ID": "100%s"}, ["X-User-ID", "X-%s"])


def made(headers: Mapping[str, str], always: Always = ALWAYS) -> bytes:
    return encoded(Request("GET", "/v1/things", more=headers, always=always), host="cms.test")


def test_a_whole_head() -> None:
    assert made({"X-User-ID": "teacher 1", "traceparent": "00-a"}) == (
        b"GET /v1/things HTTP/1.1\r\nHost: cms.test\r\nX-Service-ID: gateway\r\nAccept: application/json\r\n"
        b"X-User-ID: teacher 1\r\ntraceparent: 00-a\r\n\r\n"
    )


def test_what_each_says_is_in_its_place() -> None:
    asked = Request("GET", "/v1/things", more={"A": "%s"}, always=EACH, values=("teacher 1", "50%"))
    head = encoded(asked, host="cms.test").decode()
    lines = {"X-Service-ID": "100%s", "X-User-ID": "teacher 1", "X-%s": "50%", "A": "%s"}
    assert head.split("\r\n")[2:-2] == [f"{name}: {value}" for name, value in lines.items()]
    assert asked.headers == lines


@pytest.mark.parametrize("value", ["secret\r\nX: y", "secret ", " secret", "secret\0", "sécret", "secret\x7f"])
@pytest.mark.parametrize("place", [0, 1])
def test_and_is_checked_each_time(value: str, place: int) -> None:
    for other in ("b", "b c"):
        values = (value, other) if place == 0 else (other, value)
        with pytest.raises(ValueError, match=f"^header {EACH.each[place]}: only printable ASCII") as raised:
            encoded(Request("GET", "/v1/things", always=EACH, values=values), host="cms.test")
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("name", ["x-service-id", "X-User-ID", "x-%S"])
def test_nothing_is_said_again_beside_it(name: str) -> None:
    with pytest.raises(ValueError, match=f"^header {name!r}$"):
        encoded(Request("GET", "/v1/things", more={name: "a"}, always=EACH, values=("a", "b")), host="cms.test")


@pytest.mark.parametrize("name", ["x-service-id", "Host", "A b", "A:", "A\r\nB"])
def test_the_names_of_what_each_says_are_checked_too(name: str) -> None:
    with pytest.raises(ValueError, match="header"):
        Always({"X-Service-ID": "gateway"}, [name])


@pytest.mark.parametrize("name", ["Accept", "accept", "X-SERVICE-ID", "Host", "content-length"])
def test_nothing_is_said_twice(name: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^header {name!r}$"):
            made({name: "a"})


@pytest.mark.parametrize("value", ["secret\r\nX: y", "secret ", " secret", "secret\0", "sécret", "secret\x7f"])
def test_a_name_that_was_good_makes_no_value_good(value: str) -> None:
    made({"X-User-ID": "teacher-1", "X-More": "b"})
    for headers in ({"X-User-ID": value}, {"X-User-ID": "a b", "X-More": value}, {"X-More": value, "X-User-ID": "c"}):
        with pytest.raises(ValueError, match="only printable ASCII") as raised:
            made(headers)
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("headers", [{"A": "b\nc"}, {"Host": "elsewhere"}, {"A b": "c"}, {"": "a"}, {"A": " "}])
def test_what_is_always_said_is_checked_too(headers: Mapping[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        Always(headers)


def test_names_without_end_are_not_remembered() -> None:
    always = Always({})
    for n in range(1000):
        made({f"X-{n}": "a"}, always)
    assert len(always._allowed) == 100


def test_parameters_that_are_equal_are_not_the_same() -> None:
    """As Python has it, True is 1 and 1.0."""
    texts = [
        encoded(Request("GET", "/v1/things", query_of({"a": value})), host="h").split(b" ")[1]
        for value in (True, 1, 1.0, "1")
    ]
    assert texts == [b"/v1/things?a=true", b"/v1/things?a=1", b"/v1/things?a=1.0", b"/v1/things?a=1"]


@pytest.mark.parametrize("several", [list, tuple])
def test_nor_are_those_beside_others_or_in_lists(several: type) -> None:
    made = [
        encoded(Request("GET", "/v1/things", query_of(params)), host="h").split(b" ")[1]
        for value in (True, 1)
        for params in ({"a": value, "b": "å"}, {"a": several([value, 2]), "b": None})
    ]
    assert made == [
        b"/v1/things?a=true&b=%C3%A5",
        b"/v1/things?a=true&a=2&b=",
        b"/v1/things?a=1&b=%C3%A5",
        b"/v1/things?a=1&a=2&b=",
    ]
