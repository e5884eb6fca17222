"""Trace context as callers write it."""

import pytest

from kit.tracing.w3c import Remote, remote

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
GIVEN = Remote(int(TRACE, 16), int(SPAN, 16), sampled=True)


def read(*parents: str, states: tuple[bytes, ...] = ()) -> Remote | None:
    headers = [(b"traceparent", each.encode("latin-1")) for each in parents]
    return remote([(b"host", b"x"), *headers, *((b"tracestate", each) for each in states)])


@pytest.mark.parametrize(
    ("given", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"00-{TRACE}-{SPAN}-fe", False),
        (f"01-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True),
    ],
)
def test_what_is_well_formed_is_read(given: str, *, sampled: bool) -> None:
    assert read(given) == Remote(GIVEN.trace_id, GIVEN.span_id, sampled)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01 ",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}g-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{TRACE}-{SPAN}-0\N{SUPERSCRIPT ONE}",
        f"00_{TRACE}_{SPAN}_01",
        "x" * 100_000,
    ],
)
def test_what_is_malformed_is_dropped(given: str) -> None:
    assert read(given) is None


def test_which_of_two_is_meant_nobody_knows() -> None:
    assert read(f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01") is None


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        ((b"a=1,b=2",), "a=1,b=2"),
        ((b"a=1", b"b=2"), "a=1,b=2"),
        ((b"a=" + b"x" * 510,), "a=" + "x" * 510),
        ((b"a=" + b"x" * 511,), ""),
        ((b"a=\xe5",), ""),
        ((b"a=1\x01",), ""),
        ((b"",), ""),
    ],
)
def test_the_state_goes_on_if_it_may(states: tuple[bytes, ...], kept: str) -> None:
    found = read(f"00-{TRACE}-{SPAN}-01", states=states)
    assert found
    assert found.state == kept


def test_a_state_alone_is_nobodys() -> None:
    assert read(states=(b"a=1",)) is None
