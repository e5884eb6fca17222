"""Which media type an answer has."""

import time

import httpx
import pytest

from gateway.http.media import EVENT_STREAM, GRAPHQL, JSON, PARTS, Accepted, accepted, negotiate
from kit.errors import NotAcceptableError
from tests.support.given import TEACHER

URQL = f"{GRAPHQL}, application/graphql+json, application/json, text/event-stream, multipart/mixed"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        (" , ,", JSON),
        ("*/*", JSON),
        ("*", JSON),
        ("text/html, image/gif, *; q=.2, */*; q=.2", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/json;q=0.5, application/graphql-response+json;q=0.500001", GRAPHQL),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON; Q=1.0; CHARSET=UTF-8", GRAPHQL),
        ('application/graphql-response+json; charset="utf-8"; q=0.9, application/json;q=0.8', GRAPHQL),
        ("application/json;charset=latin-1, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/*;q=0.1, application/graphql-response+json;q=0", JSON),
        ("application/graphql-response+json;q=0, */*;q=0.1", JSON),
        ("text/html, */*;q=0.8", JSON),
        ('text/x; note="a,application/json;q=1", application/graphql-response+json', GRAPHQL),
        ("application/json;q=nan, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=inf, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=1.5, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=-1, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=٠.٩, application/graphql-response+json;q=0.1", GRAPHQL),
        ("application/json;q=, application/graphql-response+json;q=0.1", GRAPHQL),
        (";;;=,=;q, application/graphql-response+json", GRAPHQL),
        ("application/xml," * 1000 + "application/graphql-response+json", GRAPHQL),
    ],
)
def test_the_media_type_is_negotiated(accept: str | None, chosen: str) -> None:
    assert negotiate(accept) == chosen


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/png",
        "application/json;q=0",
        "application/json;q=0.000",
        "application/json;q=x",
        "application/json;charset=latin-1",
        "*/*;q=0",
        "application/json;q=0, application/graphql-response+json;q=0",
        "json",
        "application/",
        "/json",
        '"application/json',
        "application/json q=1",
        "multipart/mixed;deferSpec=20220824",
    ],
)
def test_nothing_acceptable_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError):
        negotiate(accept)
    with pytest.raises(NotAcceptableError):
        accepted(accept)


@pytest.mark.parametrize(
    ("accept", "media_type", "in_parts"),
    [
        (None, JSON, False),
        ("*/*", JSON, False),
        ("application/json", JSON, False),
        ("multipart/mixed", PARTS, True),
        ("multipart/*", PARTS, True),
        ("multipart/mixed, application/json", JSON, True),
        ("application/json, multipart/mixed", JSON, True),
        ("multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json;q=0.9", GRAPHQL, True),
        ('Multipart/Mixed; boundary="-"; IncrementalSpec="v0.2", */*', JSON, True),
        ("multipart/mixed;deferSpec=20220824;incrementalSpec=v0.2, application/json", JSON, True),
        ("multipart/mixed;deferSpec=20220824, multipart/mixed;incrementalSpec=v0.2, application/json", JSON, True),
        ("multipart/mixed;deferSpec=20220824, application/json", JSON, False),
        ("multipart/mixed;incrementalSpec=v0.1, application/json", JSON, False),
        ('multipart/mixed;subscriptionSpec="1.0", application/json', JSON, False),
        ("multipart/mixed;q=0, application/json", JSON, False),
        ("multipart/mixed;q=0.5, application/json", JSON, False),
        ("multipart/mixed;q=0.5, application/json;q=0.5", JSON, True),
        ("multipart/mixed, text/event-stream", EVENT_STREAM, True),
    ],
)
def test_parts_are_for_whoever_names_them(accept: str | None, media_type: str, in_parts: bool) -> None:
    found = accepted(accept)
    assert (found.media_type, found.in_parts) == (media_type, in_parts)


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ("*/*", Accepted(JSON)),
        ("text/event-stream", Accepted(EVENT_STREAM, events=True)),
        ("text/*;q=0.1, application/json", Accepted(JSON, events=True)),
        ("text/event-stream;q=0, application/json", Accepted(JSON)),
        (URQL, Accepted(GRAPHQL, in_parts=True, events=True)),
    ],
)
def test_events_are_for_whoever_names_them(accept: str, found: Accepted) -> None:
    assert accepted(accept) == found


def test_a_long_header_takes_no_time() -> None:
    """Of what a request's head may have in all. Ten times, so that a pause of the machine's is not all of it."""
    begun = time.thread_time()
    for n in range(10):
        assert accepted(f"a/{n}," + "a/b;q=0.1," * 6000 + GRAPHQL).media_type == GRAPHQL
    assert time.thread_time() - begun < 1


def test_quotes_without_end_take_no_time() -> None:
    """Each of them could begin a text that goes on to the last."""
    begun = time.thread_time()
    for n in range(10):
        with pytest.raises(NotAcceptableError):
            accepted(f'a/{n};b="' + '\\"' * 7000 + f",{GRAPHQL}")
    assert time.thread_time() - begun < 1


async def test_a_list_may_be_spread_over_several_headers(gateway: httpx.AsyncClient) -> None:
    headers = [("Accept", "text/html"), ("Accept", "application/json;q=0.5"), ("Accept", GRAPHQL)]
    answer = await gateway.post("/graphql", json={"query": "{ viewer { userId } }"}, headers=headers)
    assert answer.headers["Content-Type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.json()["data"] == {"viewer": {"userId": TEACHER}}


async def test_nothing_acceptable_is_406(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": "{ x }"}, headers={"Accept": "image/png"})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert answer.headers["Content-Type"] == f"{JSON}; charset=utf-8"
