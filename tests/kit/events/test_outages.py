"""Subscribers that are away, overloaded or wrong: tried for ever, each on its own."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from uuid import uuid4

import httpx
import pytest
from starlette.responses import Response

from kit.events.backoff import Backoff
from kit.events.http import retry_after
from tests.kit.events.outboxes import KIND, PACE, TERMS, Outboxed, eventually, uuids
from tests.kit.events.subscriber import Events, Subscriber, accept, always, until
from tests.kit.events.test_relay import versions_of


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401, 404, 200, 204, 301, 415])
async def test_every_other_answer_backs_off_for_ever(outboxed: Outboxed, subscriber: Subscriber, status: int) -> None:
    subscriber.answer = always(status, {"Location": "http://127.0.0.1:1/"})
    aggregate = uuid4()
    await outboxed.publish(aggregate, aggregate)
    async with outboxed.relay({KIND: [subscriber.url]}):
        await until(lambda: len(subscriber.asked) > PACE.tries + 2)
        [row] = await outboxed.rows("SELECT attempts, parked_at, last_error FROM event_deliveries LIMIT 1")
        assert row[:2] == (0, None)
        subscriber.answer = accept
        await outboxed.published()
    assert versions_of(subscriber, str(aggregate)) == [1, 2]


async def test_a_connection_that_is_refused_or_hangs_backs_off(outboxed: Outboxed) -> None:
    away = Subscriber()

    async def hang(_: Events) -> Response:
        await asyncio.sleep(1)
        return Response(status_code=202)

    await outboxed.publish(*uuids(3))
    async with outboxed.relay({KIND: [away.url]}, seconds=0.2):
        await asyncio.sleep(0.3)
        away.answer = hang
        async with away.running():
            await until(lambda: len(away.asked) >= 2)
            away.answer = accept
            await outboxed.published()
    assert len({event["event_id"] for event in away.events}) == 3


async def test_one_subscribers_outage_holds_only_its_rows(outboxed: Outboxed, subscriber: Subscriber) -> None:
    away, alone = Subscriber(), "test.for.one.v1"
    async with outboxed.relay({KIND: [subscriber.url, away.url], alone: [subscriber.url]}):
        for _ in range(5):
            await outboxed.publish(*uuids(20))
        await outboxed.publish(*uuids(20), kind=alone)
        await until(lambda: len(subscriber.events) == 120)
        await eventually(lambda: outboxed.left(100))
        async with away.running():
            await outboxed.published()
    assert (len(away.events), len(subscriber.events)) == (100, 120)


async def test_pauses_grow_and_retry_after_is_honoured(outboxed: Outboxed, subscriber: Subscriber) -> None:
    asked: list[float] = []

    async def overloaded(events: Events) -> Response:
        asked.append(time.monotonic())
        wait = {"Retry-After": "1"} if len(asked) == 3 else {}
        return Response(status_code=429, headers=wait) if len(asked) < 5 else await accept(events)

    subscriber.answer = overloaded
    terms = replace(TERMS, pace=replace(PACE, backoff=Backoff(0.1, 0.2)))
    await outboxed.publish(uuid4())
    async with outboxed.relay({KIND: [subscriber.url]}, terms=terms):
        await outboxed.published()
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert 0.05 <= pauses[0] < 0.3
    assert 0.1 <= pauses[1] < 0.4
    assert 1 <= pauses[2] < 1.4
    assert 0.1 <= pauses[3] < 0.4


def test_backoff_doubles_up_to_its_longest_and_spreads() -> None:
    backoff = Backoff(1, 10)
    for failures, longest in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10), (10_000, 10)]:
        drawn = [backoff.after(failures) for _ in range(200)]
        assert longest / 2 <= min(drawn) < max(drawn) <= longest
        assert max(drawn) - min(drawn) > longest / 4


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("99999999999", 3600, 3600),
        ("-3", 0, 0),
        ("soon", 0, 0),
        ("", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_retry_after_is_seconds(text: str, least: float, most: float) -> None:
    assert least <= retry_after(httpx.Headers({"Retry-After": text})) <= most


def test_retry_after_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    assert 40 <= retry_after(httpx.Headers({"Retry-After": date})) <= 50


async def test_a_list_that_is_too_slow_to_take_gets_shorter(outboxed: Outboxed, subscriber: Subscriber) -> None:
    async def slow(events: Events) -> Response:
        await asyncio.sleep(0.005 * len(events))
        return await accept(events)

    subscriber.answer = slow
    await outboxed.publish(*uuids(120))
    async with outboxed.relay({KIND: [subscriber.url]}, seconds=0.4):
        await outboxed.published(20)
    assert len({event["event_id"] for event in subscriber.events}) == 120
